import { describeOrigin, type Setting } from '../domain/config/setting.ts';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import { type PathKey, resolveChoices } from '../domain/sandbox-choices.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
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
  const { home, config, data, state, cache } = xdgFolders(Object.fromEntries(session));
  const runtimeDir = session.get('XDG_RUNTIME_DIR');
  if (home === undefined || !runtimeDir?.startsWith('/')) {
    const name = home === undefined ? 'HOME' : 'XDG_RUNTIME_DIR';
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what} strictly: the user manager's environment has no ${name} (log in again)`,
    );
  }
  const real = sight.realFolder;
  // Where there is a home, there are all of them.
  const base = (folder: string | undefined) => real(folder ?? home);
  return {
    home: real(home),
    configHome: base(config),
    dataHome: base(data),
    stateHome: base(state),
    cacheHome: base(cache),
    runtimeDir: real(runtimeDir),
  };
}
