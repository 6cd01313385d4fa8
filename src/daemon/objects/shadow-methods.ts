import { type MethodSpec, method } from '../../platform/dbus/interface-spec.ts';

type Options = ReadonlyMap<string, string>;
type Rows = Map<string, string>[];

/** What the methods about desktop entries need of the daemon. */
export interface ShadowBackend {
  enableApps(apps: readonly string[], options: Options): Promise<Rows>;
  disableApps(apps: readonly string[], options: Options): Promise<Rows>;
  listApps(): Promise<Rows>;
  syncApps(options: Options): Promise<Rows>;
}

/** The methods of org.ringfence.Ringfence1 about desktop entries: translation only. */
export function shadowMethods(backend: ShadowBackend): Readonly<Record<string, MethodSpec>> {
  return {
    EnableApp: method('asa{ss}', ['apps', 'options'], 'aa{ss}', ['results'], async ([apps, options]) => [
      await backend.enableApps(apps, options),
    ]),
    DisableApp: method('asa{ss}', ['apps', 'options'], 'aa{ss}', ['results'], async ([apps, options]) => [
      await backend.disableApps(apps, options),
    ]),
    ListApps: method('', [], 'aa{ss}', ['apps'], async () => [await backend.listApps()]),
    SyncApps: method('a{ss}', ['options'], 'aa{ss}', ['results'], async ([options]) => [
      await backend.syncApps(options),
    ]),
  };
}
