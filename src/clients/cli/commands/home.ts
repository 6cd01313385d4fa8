import { parseDesktopId } from '../../../domain/desktop-id.ts';
import { RingfenceError } from '../../../domain/errors.ts';
import {
  type FoundHome,
  findHome,
  type HomePorts,
  homeSize,
  importHome,
  resetHome,
} from '../../../strict/wire-homes.ts';
import { connectClient } from '../client.ts';
import type { Command, Context } from '../command.ts';
import { appIdOf, faultAsId } from '../name-app.ts';
import { bytesText } from '../pure/readable.ts';

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
    if (word === '' || more.length > 0)
      throw new RingfenceError('InvalidArgument', 'cannot show a home: no app given (see "ringfence apps --enabled")');
    if (words.flag('import') && words.flag('reset')) {
      throw new RingfenceError('InvalidArgument', 'cannot import and reset at once: reset first, then import');
    }
    const home = await homeOf(word, context);
    if (words.flag('import')) return importProfile(home, context, words.flag('json'));
    if (words.flag('reset')) return reset(home, context, words.flag('json'));
    const bytes = await homeSize(home);
    if (words.flag('json')) context.terminal.printJson({ path: home.path, exists: home.exists, bytes });
    else context.terminal.print(home.exists ? `${home.path}\n${bytesText(bytes)}` : `${home.path}\nnot created yet`);
    return 0;
  },
};

/** One that is there goes by its own name; otherwise the word is an app's, as everywhere. */
async function homeOf(word: string, context: Context): Promise<FoundHome> {
  if (faultAsId(word) === undefined) {
    const named = findHome(parseDesktopId(word).name, context.environment);
    if (named.exists) return named;
  }
  return findHome(parseDesktopId(await appIdOf(word, context)).name, context.environment);
}

async function reset(home: FoundHome, context: Context, json: boolean): Promise<number> {
  const trash = await resetHome(home, homePorts(context));
  if (json) context.terminal.printJson({ path: home.path, trash });
  else context.terminal.print(`moved to ${trash}`);
  return 0;
}

async function importProfile(home: FoundHome, context: Context, json: boolean): Promise<number> {
  const done = await importHome(home, homePorts(context), ({ files, bytes }) => {
    // Progress is for people.
    if (!json && files % 1000 === 0) context.terminal.warn(`${files} files, ${bytesText(bytes)} …`);
  });
  const { files, bytes, folders, skipped } = done;
  if (json) {
    context.terminal.printJson({ path: home.path, folders, files, bytes, skipped });
    return 0;
  }
  for (const one of skipped) context.terminal.warn(`skipped ${one}`);
  context.terminal.print(
    `copied ${folders.join(', ')} into ${home.path}: ${files === 1 ? '1 file' : `${files} files`}, ${bytesText(bytes)}`,
  );
  return 0;
}

function homePorts({ environment }: Context): HomePorts {
  return {
    async running() {
      const client = await connectClient(environment);
      const all = await client.instances().finally(() => client.close());
      return all.map(({ appId, unit, report }) => ({
        app: appId.replace(/\.desktop$/, ''),
        unit,
        home: report.find((row) => row.get('name') === 'own-home')?.get('value'),
      }));
    },
  };
}
