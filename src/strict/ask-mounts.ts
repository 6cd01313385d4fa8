import { isAbsolute, join } from 'node:path';
import type { Decision } from '../domain/decision.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { Homes, SandboxSight } from './ports.ts';
import { lookPaths } from './pure/setup.ts';
import { readShare, startPlacesOf } from './pure/shares.ts';
import type { SandboxRequest } from './sandbox-ports.ts';

interface AskPorts {
  readonly sight: Pick<SandboxSight, 'askMounts'>;
  readonly homes: Pick<Homes, 'downloadFolder'>;
}

/** Asks the mounts that a strict start looks into, before it looks: the user's own folders, what is shared, and what is to be opened; `home`: of the app. */
export async function askForStart(
  request: SandboxRequest,
  decision: Decision,
  ports: AskPorts,
  home?: string,
): Promise<void> {
  const words = decision.sandbox?.lists['shared-folders'].map(({ value }) => value) ?? [];
  const { documents = [], folder, gates, session } = request;
  const cookies = gates[0]?.environment.get('XAUTHORITY');
  const more = [...documents, folder, gates[0]?.argv[0], cookies, home].filter((path) => path !== undefined);
  await askForShares(words, session, ports, more);
}

/** The same for words of `shared-folders`, by a session; `more`: paths that are looked at as well. */
export async function askForShares(
  words: readonly string[],
  session: ReadonlyMap<string, string>,
  { sight, homes }: AskPorts,
  more: readonly string[] = [],
): Promise<void> {
  const {
    home = '/',
    config = home,
    data = home,
    state = home,
    cache = home,
  } = xdgFolders(Object.fromEntries(session));
  const bases = { home, config, data, state, cache };
  const looks = lookPaths.map(([base, name]) => join(bases[base], name));
  const paths = [
    ...[home, config, data, state, cache, join(data, 'ringfence/homes'), join(config, 'user-dirs.dirs'), ...looks],
    ...[...startPlacesOf(session, home), join(home, '.Xauthority'), session.get('XDG_RUNTIME_DIR') ?? ''],
    ...[...words.map((word) => readShare(word, home).path), ...more],
  ];
  const answered = new Map<string, boolean>();
  await sight.askMounts(paths.filter(isAbsolute), answered);
  // What the user's files say can be read now.
  await sight.askMounts([homes.downloadFolder(config, home), join(home, 'Downloads')], answered);
}
