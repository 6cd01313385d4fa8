import type { Instance } from '../../domain/instance.ts';
import { type InterfaceSpec, method, property, signal } from '../../platform/dbus/interface-spec.ts';
import { type HomeBackend, homeMethods } from './home-methods.ts';
import { type SettingsBackend, settingsMethods } from './settings-methods.ts';
import { type ShadowBackend, shadowMethods } from './shadow-methods.ts';
import { type ShareBackend, shareMethods } from './share-methods.ts';

export const ringfenceInterfaceName = 'org.ringfence.Ringfence1';

/** What the interface needs of the daemon. */
export interface RingfenceBackend extends ShadowBackend, SettingsBackend, HomeBackend, ShareBackend {
  readonly version: string;
  launchApp(appId: string, uris: readonly string[], options: ReadonlyMap<string, string>): Promise<Instance>;
  runCommand(
    argv: readonly string[],
    environment: ReadonlyMap<string, string>,
    options: ReadonlyMap<string, string>,
  ): Promise<Instance>;
  containProcess(pid: number, options: ReadonlyMap<string, string>): Promise<Instance>;
  /** Resolves when the process may go on; what follows is told to the gate inside. */
  encloseProcess(
    pid: number,
    options: ReadonlyMap<string, string>,
  ): Promise<{ readonly path: string; readonly folder: string }>;
  /** Object path → what the instance uses. */
  listUsage(): Map<string, Map<string, string>>;
  /** Profile name → settings as text. */
  profiles(): Map<string, Map<string, string>>;
  capabilities(): Promise<Map<string, string>[]>;
  /** What keeps the desktop alive, and whether it holds. */
  desktop(): Promise<Map<string, string>[]>;
  /** Empty when the configuration on the disk is in force. */
  configError(): string;
}

/** org.ringfence.Ringfence1: translates between the bus and the daemon; it decides nothing. */
export function ringfenceInterface(backend: RingfenceBackend): InterfaceSpec {
  return {
    name: ringfenceInterfaceName,
    methods: {
      Launch: method('sasa{ss}', ['app_id', 'uris', 'options'], 'o', ['instance'], async ([appId, uris, options]) => [
        (await backend.launchApp(appId, uris, options)).path,
      ]),
      Run: method(
        'asa{ss}a{ss}',
        ['argv', 'environment', 'options'],
        'o',
        ['instance'],
        async ([argv, variables, options]) => [(await backend.runCommand(argv, variables, options)).path],
      ),
      Contain: method('ua{ss}', ['pid', 'options'], 'o', ['instance'], async ([pid, options]) => [
        (await backend.containProcess(pid, options)).path,
      ]),
      Enclose: method('ua{ss}', ['pid', 'options'], 'os', ['instance', 'folder'], async ([pid, options]) => {
        const { path, folder } = await backend.encloseProcess(pid, options);
        return [path, folder];
      }),
      ListUsage: method('', [], 'a{oa{ss}}', ['usage'], () => [backend.listUsage()]),
      ...shadowMethods(backend),
      ...settingsMethods(backend),
      ...homeMethods(backend),
      ...shareMethods(backend),
    },
    properties: {
      Version: property('s', () => backend.version, 'const'),
      Profiles: property('a{sa{ss}}', () => backend.profiles()),
      Capabilities: property('aa{ss}', () => backend.capabilities(), 'false'),
      Desktop: property('aa{ss}', () => backend.desktop(), 'false'),
      ConfigError: property('s', () => backend.configError()),
    },
    signals: {
      LimitReached: signal('osa{ss}', ['instance', 'limit', 'details']),
      AppsChanged: signal('', []),
      HomeImport: signal('sa{ss}', ['name', 'progress']),
    },
  };
}
