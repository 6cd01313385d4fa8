import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { parseDesktopId } from '../../../domain/desktop-id.ts';
import { RingfenceError } from '../../../domain/errors.ts';
import { xdgFolders } from '../../../domain/xdg-folders.ts';
import { importFolders, moveToTrash, sizeOf } from '../../../strict/io/home-disk.ts';
import { removeEmptyDownloads } from '../../../strict/io/homes.ts';
import { profileFolders } from '../../../strict/pure/profile-folders.ts';
import { connectClient, type InstanceView } from '../client.ts';
import type { Command, Context } from '../command.ts';
import { appIdOf, faultAsId } from '../name-app.ts';
import { type FoundHome, findHome } from '../own-home.ts';

/** `ringfence home APP` */
export const homeCommand: Command = {
  name: 'home',
  operands: 'APP|NAME',
  summary: "show a strict app's home, copy your profile into it, or start over",
  details:
    'A strict app has a home of its own, which it keeps. NAME is a home that "ringfence-shell --home NAME" made.',
  options: {
    import: {
      type: 'boolean',
      help: "copy the app's profile from your home into its own, once (copies share disk space where the file system can)",
    },
    reset: { type: 'boolean', help: 'move its home to the trash; the next start makes an empty one' },
  },
  examples: ['ringfence home firefox', 'ringfence home --import firefox'],
  async run(words, context) {
    const [word = '', ...more] = words.positionals;
    if (word === '' || more.length > 0) throw new RingfenceError('InvalidArgument', 'cannot show a home: no app given');
    if (words.flag('import') && words.flag('reset')) {
      throw new RingfenceError('InvalidArgument', 'cannot import and reset at once: reset first, then import');
    }
    const home = await homeOf(word, context);
    if (words.flag('import')) return importProfile(home, context, words.flag('json'));
    if (words.flag('reset')) return reset(home, context, words.flag('json'));
    const bytes = home.exists ? sizeOf(home.path) : 0;
    if (words.flag('json')) context.terminal.printJson({ path: home.path, exists: home.exists, bytes });
    else context.terminal.print(home.exists ? `${home.path}\n${megabytes(bytes)}` : `${home.path}\nnot created yet`);
    return 0;
  },
};

/** One that is there goes by its own name; otherwise the word is an app's, as everywhere. */
async function homeOf(word: string, context: Context): Promise<FoundHome> {
  if (faultAsId(word) === undefined) {
    const named = findHome(parseDesktopId(word).name, context);
    if (named.exists) return named;
  }
  return findHome(parseDesktopId(await appIdOf(word, context)).name, context);
}

async function reset(home: FoundHome, context: Context, json: boolean): Promise<number> {
  if (!home.exists) throw new RingfenceError('InvalidArgument', `cannot reset the home of ${home.id}: it has none yet`);
  requireIdle(home, 'reset', await running(context));
  const trash = moveToTrash(home.path, home.data, new Date());
  const { config = '' } = xdgFolders(context.environment);
  removeEmptyDownloads(home.path, { data: home.data, config, user: home.user });
  if (json) context.terminal.printJson({ path: home.path, trash });
  else context.terminal.print(`moved to ${trash}`);
  return 0;
}

async function importProfile(home: FoundHome, context: Context, json: boolean): Promise<number> {
  const isFolder = (name: string) =>
    lstatSync(join(home.user, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const names = profileFolders(home.id).filter(isFolder);
  if (names.length === 0) {
    const reason =
      profileFolders(home.id).length === 0
        ? 'Ringfence does not know where it keeps its profile'
        : 'your home has none';
    throw new RingfenceError('InvalidArgument', `cannot import the profile of ${home.id}: ${reason}`);
  }
  const instances = await running(context);
  const done = importFolders(
    names,
    home.user,
    home.path,
    () => requireIdle(home, 'import the profile of', instances),
    ({ files, bytes }) => {
      // Progress is for people.
      if (!json) context.terminal.warn(`${files} files, ${megabytes(bytes)} …`);
    },
  );
  if (json) {
    const { files, bytes, skipped } = done;
    context.terminal.printJson({ path: home.path, folders: names, files, bytes, skipped });
    return 0;
  }
  for (const one of done.skipped) context.terminal.warn(`skipped ${one}`);
  context.terminal.print(
    `copied ${names.join(', ')} into ${home.path}: ${done.files === 1 ? '1 file' : `${done.files} files`}, ${megabytes(done.bytes)}`,
  );
  return 0;
}

/** Nothing may run of the app: not in that home, and for a profile to be whole not outside either. */
function requireIdle({ id, path }: FoundHome, task: string, instances: readonly InstanceView[]): void {
  const isOf = ({ appId, report }: InstanceView) =>
    appId === `${id}.desktop` || report.some((row) => row.get('name') === 'own-home' && row.get('value') === path);
  const one = instances.find(isOf);
  if (one !== undefined) {
    throw new RingfenceError('InvalidArgument', `cannot ${task} ${id}: it is running (${one.unit}); close it first`);
  }
}

async function running({ environment }: Context): Promise<InstanceView[]> {
  const client = await connectClient(environment);
  try {
    return await client.instances();
  } finally {
    await client.close();
  }
}

function megabytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
