import { isAbsolute, join } from 'node:path';
import { describeOrigin, type Setting } from '../domain/config/setting.ts';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import { type PathKey, resolveChoices } from '../domain/sandbox-choices.ts';
import type { SandboxSight } from './ports.ts';
import type { SandboxHost, SandboxSettings } from './pure/model.ts';
import { expandPath, judgePaths } from './pure/paths.ts';

/** The folders that a sandbox is laid around. */
export type SandboxBases = Pick<
  SandboxHost,
  'home' | 'configHome' | 'dataHome' | 'stateHome' | 'cacheHome' | 'runtimeDir'
>;

/** What a strict start is to have, from the decision and the session. */
export interface StrictSettings {
  readonly settings: SandboxSettings;
  readonly ownNames: readonly string[];
  readonly talkNames: readonly string[];
  readonly bases: SandboxBases;
}

/**
 * Puts the settings of a strict start together and holds the paths of the config against the disk.
 * @throws RingfenceError NotEnforceable, which names file, line and key of a path that cannot stand
 */
export function settingsOf(
  appId: string,
  what: string,
  decision: Decision,
  session: ReadonlyMap<string, string>,
  sight: SandboxSight,
): StrictSettings {
  const bases = basesOf(what, session, sight);
  const { network, x11, sound, lists } = decision.sandbox ?? resolveChoices([]);
  const expanded = (key: PathKey): string[] => lists[key].map(({ value }) => expandPath(value, bases.home));
  const paths: Record<PathKey, string[]> = {
    'read-write-paths': expanded('read-write-paths'),
    'read-only-paths': expanded('read-only-paths'),
    'inaccessible-paths': expanded('inaccessible-paths'),
  };
  const [fault] = judgePaths(paths, bases, sight.lookAtPaths(Object.values(paths).flat()));
  if (fault !== undefined) {
    const setting = lists[fault.key][paths[fault.key].indexOf(fault.path)] as Setting<string>;
    const place = `${describeOrigin(setting.origin)}: ${fault.key}: ${JSON.stringify(setting.value)}`;
    throw new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${place}: ${fault.reason}`);
  }
  return {
    settings: {
      appId,
      network,
      x11,
      sound,
      readWritePaths: paths['read-write-paths'],
      readOnlyPaths: paths['read-only-paths'],
      inaccessiblePaths: paths['inaccessible-paths'],
    },
    ownNames: lists['own-names'].map(({ value }) => value),
    talkNames: lists['talk-names'].map(({ value }) => value),
    bases,
  };
}

/** The session's own folders: what a caller says about HOME must not move the guards elsewhere. */
function basesOf(what: string, session: ReadonlyMap<string, string>, sight: SandboxSight): SandboxBases {
  const folder = (name: string): string | undefined => {
    const value = session.get(name);
    return value !== undefined && isAbsolute(value) ? value : undefined;
  };
  const home = folder('HOME');
  const runtimeDir = folder('XDG_RUNTIME_DIR');
  if (home === undefined || runtimeDir === undefined) {
    const name = home === undefined ? 'HOME' : 'XDG_RUNTIME_DIR';
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what} strictly: the user manager's environment has no ${name} (log in again)`,
    );
  }
  const real = sight.realFolder;
  const realHome = real(home);
  const base = (name: string, byDefault: string) => real(folder(name) ?? join(realHome, byDefault));
  return {
    home: realHome,
    configHome: base('XDG_CONFIG_HOME', '.config'),
    dataHome: base('XDG_DATA_HOME', '.local/share'),
    stateHome: base('XDG_STATE_HOME', '.local/state'),
    cacheHome: base('XDG_CACHE_HOME', '.cache'),
    runtimeDir: real(runtimeDir),
  };
}
