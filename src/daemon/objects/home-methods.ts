import { type MethodSpec, method } from '../../platform/dbus/interface-spec.ts';

/** What the methods about the homes of strict apps need of the daemon. */
export interface HomeBackend {
  /** What there is to say of a home, and the folders that an import would bring. */
  getHome(name: string): Promise<{ readonly home: Map<string, string>; readonly profile: readonly string[] }>;
  importHome(name: string): Promise<{ readonly done: Map<string, string>; readonly skipped: readonly string[] }>;
  /** Returns where in the trash it is now. */
  resetHome(name: string): Promise<string>;
}

/** The methods of org.ringfence.Ringfence1 about the homes of strict apps: translation only. */
export function homeMethods(backend: HomeBackend): Readonly<Record<string, MethodSpec>> {
  return {
    GetHome: method('s', ['name'], 'a{ss}as', ['home', 'profile'], async ([name]) => {
      const { home, profile } = await backend.getHome(name);
      return [home, [...profile]];
    }),
    ImportHome: method('s', ['name'], 'a{ss}as', ['done', 'skipped'], async ([name]) => {
      const { done, skipped } = await backend.importHome(name);
      return [done, [...skipped]];
    }),
    ResetHome: method('s', ['name'], 's', ['trash'], async ([name]) => [await backend.resetHome(name)]),
  };
}
