import { type MethodSpec, method } from '../../platform/dbus/interface-spec.ts';

type Rows = Map<string, string>[];

/** What the methods about settings and about this computer need of the daemon. */
export interface SettingsBackend {
  getConfig(section: string): Rows;
  /** Returns the words that the user's file had. */
  setConfig(section: string, key: string, words: readonly string[]): Promise<readonly string[]>;
  doctor(): Promise<Rows>;
}

/** The methods of org.ringfence.Ringfence1 about settings and about this computer: translation only. */
export function settingsMethods(backend: SettingsBackend): Readonly<Record<string, MethodSpec>> {
  return {
    GetConfig: method('s', ['section'], 'aa{ss}', ['settings'], ([section]) => [backend.getConfig(section)]),
    SetConfig: method('ssas', ['section', 'key', 'words'], 'as', ['before'], async ([section, key, words]) => [
      [...(await backend.setConfig(section, key, words))],
    ]),
    Doctor: method('', [], 'aa{ss}', ['findings'], async () => [await backend.doctor()]),
  };
}
