import { resolve } from 'node:path';
import { changeList } from '../../../config/change-list.ts';
import { isRingfenceError, RingfenceError } from '../../../domain/errors.ts';
import { judgeSharedFolders } from '../../../strict/wire-sandboxes.ts';
import { connectClient, type Rows } from '../client.ts';
import type { Command, Context, Words } from '../command.ts';
import { resolveSection } from '../config-section.ts';
import { isStrict } from '../own-home.ts';
import { configEdits } from '../user-config.ts';

/** `ringfence share APP FOLDER[:ro]...` */
export const shareCommand: Command = {
  name: 'share',
  operands: 'APP FOLDER[:ro]...',
  summary: 'let a strict app use folders of yours (":ro": read-only)',
  details:
    "Saves them in your configuration, as the app's shared-folders. A running app gets them now, or else is said to get them at its\n" +
    'next start. Mind what an app can write there: hooks of a repository, for one, run outside the sandbox later.',
  options: {},
  examples: ['ringfence share firefox ~/Pictures/holiday', 'ringfence share org.gnome.gedit ~/.gitconfig:ro'],
  run: (words, context) =>
    change('share', words, context, (folders) => {
      for (const folder of folders) {
        const [reason] = judgeSharedFolders([folder], context.environment);
        if (reason !== undefined) throw new RingfenceError('InvalidArgument', `cannot share ${folder}: ${reason}`);
      }
      return (shared) => [...shared.filter((one) => !folders.some((folder) => isSame(one, folder))), ...folders];
    }),
};

/** `ringfence unshare APP FOLDER...` */
export const unshareCommand: Command = {
  name: 'unshare',
  operands: 'APP FOLDER[:ro]...',
  summary: 'stop sharing folders with a strict app',
  details:
    'A running app loses them now, but for what it has open in there or has kept in a way of its own: end it to be sure. Folders that\n' +
    'a profile shares stay shared. With ":ro" only one that is shared read-only.',
  options: {},
  examples: ['ringfence unshare firefox ~/Pictures/holiday'],
  run: (words, context) =>
    change('unshare', words, context, (folders, app) => (shared) => {
      for (const folder of folders) {
        if (shared.some((one) => isNamed(one, folder))) continue;
        const other = shared.find((one) => isSame(one, folder));
        if (other !== undefined) {
          const reason = `it is shared for writing; "ringfence share ${app} ${folder}" makes it read-only, and without ":ro" it is unshared`;
          throw new RingfenceError('InvalidArgument', `cannot unshare ${folder}: ${reason}`);
        }
        const others = shared.length === 0 ? 'nothing is' : `shared: ${shared.join(', ')}`;
        throw new RingfenceError('InvalidArgument', `cannot unshare ${folder}: it is not shared; ${others}`);
      }
      return shared.filter((one) => !folders.some((folder) => isNamed(one, folder)));
    }),
};

type Alter = (shared: readonly string[]) => readonly string[];

async function change(
  verb: string,
  words: Words,
  context: Context,
  alterWith: (folders: readonly string[], app: string) => Alter,
): Promise<number> {
  const { environment, terminal, workingDirectory } = context;
  const [app = '', ...folders] = words.positionals;
  if (app === '' || folders.length === 0) {
    throw new RingfenceError('InvalidArgument', `cannot ${verb}: no ${app === '' ? 'app' : 'folder'} given`);
  }
  const section = await resolveSection({ section: { kind: 'app', name: app }, isLoose: true, rest: [] }, context);
  const name = section.kind === 'app' ? section.name : app;
  const named = folders.map((folder) => asWord(folder, workingDirectory, environment['HOME'] ?? ''));
  const ports = configEdits(environment);
  const changed = await changeList(name, 'shared-folders', alterWith(named, name), ports);
  if (words.flag('json')) terminal.printJson({ app: name, folders: named, file: ports.file, changed });
  else if (!changed) terminal.warn(`${name} already has ${named.join(', ')}`);
  else terminal.print(`${verb === 'share' ? 'shared' : 'no longer shared'} with ${name}: ${named.join(', ')}`);
  const running = changed ? await updateRunning(name, context) : [];
  for (const line of running) terminal.warn(line);
  if (running.length > 0) return 0;
  if (verb === 'share' && !isStrict(name, context)) {
    const way = `"ringfence config set ${name} profile strict"`;
    terminal.warn(`ringfence: ${name} is not strict and sees all your files; sharing matters once it is: ${way}`);
  }
  return 0;
}

/** Absolute, and by "~" in the home, as one would write it by hand. */
function asWord(folder: string, workingDirectory: string, home: string): string {
  const mode = folder.endsWith(':ro') ? ':ro' : '';
  const said = mode === '' ? folder : folder.slice(0, -3);
  const path = resolve(workingDirectory, said === '~' || said.startsWith('~/') ? `${home}/${said.slice(2)}` : said);
  return `${path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path}${mode}`;
}

/** With ":ro" a word means what is shared so, without it either. */
function isNamed(one: string, word: string): boolean {
  return isSame(one, word) && (one.endsWith(':ro') || !word.endsWith(':ro'));
}

/** Whatever its mode. */
function isSame(one: string, other: string): boolean {
  return one.replace(/:ro$/, '').replace(/(.)\/$/, '$1') === other.replace(/:ro$/, '');
}

/** What comes of it for those that run, in a line each. */
async function updateRunning(app: string, { environment }: Context): Promise<string[]> {
  let rows: Rows;
  try {
    const client = await connectClient(environment);
    rows = await client.updateShares(app).finally(() => client.close());
  } catch (error) {
    // Nothing runs without a daemon that could be asked; an older one knows no such thing.
    if (isRingfenceError(error) && error.code === 'Unreachable') return [];
    return [`${app}, where it is running, keeps what it has until you start it again: ${(error as Error).message}`];
  }
  const lines = rows.map((row) => {
    const folder = row.get('folder') ?? '';
    if (row.get('state') === 'shared') return `${app} is running and has ${folder} now`;
    if (row.get('state') === 'taken-away') {
      return `${app} is running and has lost ${folder}, but for what it has open there; end it to be sure`;
    }
    if (row.get('state') === 'still-shared') return `${app} is running and still has ${folder}: ${row.get('reason')}`;
    return `${app} is running; this takes effect when you start it again: ${folder}: ${row.get('reason')}`;
  });
  return [...new Set(lines)];
}
