import { execFileSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errnoText } from '../../../domain/errno-text.ts';
import { RingfenceError } from '../../../domain/errors.ts';
import { connectClient } from '../client.ts';
import type { Command, Context } from '../command.ts';
import { limitOptions, requestOptions } from '../containment-options.ts';
import { printStarted } from '../instance-text.ts';
import { withApp } from '../name-app.ts';

/** `ringfence open-once FILE` */
export const openOnceCommand: Command = {
  name: 'open-once',
  operands: 'FILE',
  summary: 'open an untrusted file in a strict sandbox that is thrown away afterwards',
  details:
    'The app sees only this file, read-only, and an empty home that is deleted when it ends. It has no network unless you allow it.\n' +
    'An AppImage is copied into the sandbox and run there.',
  options: {
    with: { type: 'string', value: 'APP', help: 'app to open it with (default: the one that opens such files)' },
    network: { type: 'boolean', help: 'allow the network' },
    ...limitOptions,
  },
  examples: ['ringfence open-once ~/Downloads/invoice.pdf', 'ringfence open-once --network ~/Downloads/tool.AppImage'],
  async run(words, context) {
    const { environment, workingDirectory, terminal } = context;
    const [file = '', ...more] = words.positionals;
    if (file === '' || more.length > 0) throw new RingfenceError('InvalidArgument', 'cannot open once: no file given');
    if (/^(https?|ftp):/i.test(file)) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot open ${file} once: it is an address; download the file first`,
      );
    }
    const path = realPath(resolve(workingDirectory, file));
    const options = requestOptions(words);
    options.set('once', 'yes');
    if (words.flag('network')) options.set('network', 'yes');
    const app = words.text('with');
    const client = await connectClient(environment);
    try {
      const started =
        app === undefined && isAppImage(path)
          ? await client.run(appImage(path), new Map(), options)
          : await withApp(app ?? handlerOf(path, context), client, context, (id) =>
              client.launch(id, [pathToFileURL(path).href], options),
            );
      await printStarted(client, started, words.flag('json'), terminal);
      return 0;
    } finally {
      await client.close();
    }
  },
};

/**
 * One that was downloaded may not be executed yet: a copy. Inside, it unpacks itself (`planEnvironment`).
 */
function appImage(path: string): string[] {
  const script = 'cp -- "$1" /tmp/once.AppImage && chmod 700 /tmp/once.AppImage && exec /tmp/once.AppImage';
  return ['/bin/sh', '-c', script, 'open-once', path];
}

/** AppImage specification, "Image format": "AI" and the type at offset 8 of an ELF file. */
function isAppImage(path: string): boolean {
  const head = Buffer.alloc(11);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  const [type = 0] = head.subarray(10);
  return (
    head.toString('latin1', 0, 4) === '\u007fELF' && head.toString('latin1', 8, 10) === 'AI' && [1, 2].includes(type)
  );
}

/** @throws RingfenceError InvalidArgument for what cannot be read, and for what is no file: a named pipe would be waited for */
function realPath(path: string): string {
  const refuse = (reason: string, cause?: unknown) =>
    new RingfenceError('InvalidArgument', `cannot open ${path} once: ${reason}`, { cause });
  try {
    const real = realpathSync(path);
    const is = statSync(real);
    if (!is.isFile()) throw refuse(is.isDirectory() ? 'it is a folder' : 'it is no file');
    accessSync(real, constants.R_OK);
    return real;
  } catch (cause) {
    if (cause instanceof RingfenceError) throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw refuse(reasons[code] ?? errnoText(cause) ?? 'it cannot be looked at', cause);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'you may not read it',
};

/** The desktop id of the app that opens such files, as GLib finds it for the desktop. */
function handlerOf(path: string, { environment }: Context): string {
  const ask = (...words: string[]) => {
    try {
      const env = { ...environment, LC_ALL: 'C.UTF-8' };
      return execFileSync('gio', words, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return '';
    }
  };
  const attribute = 'standard::content-type';
  const type = new RegExp(`${attribute}: (\\S+)`).exec(ask('info', '-a', attribute, '--', path))?.[1];
  const app = type === undefined ? undefined : /: (\S.*\.desktop)$/m.exec(ask('mime', type).split('\n')[0] ?? '')?.[1];
  if (app !== undefined) return app;
  const what = type === undefined ? 'it' : `files of the type ${type}`;
  throw new RingfenceError('NoSuchApp', `cannot open ${path} once: no app opens ${what}; name one with --with APP`);
}
