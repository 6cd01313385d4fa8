import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDocumentNames } from '../../../src/strict/io/document-names.ts';
import { documentFolders } from '../../../src/strict/pure/document-names.ts';
import { waitFor } from '../../harness/wait-for.ts';

// The file system of names alone, over a folder that stands for what the document portal shows: ids as every release of it makes them, and
// what is none. With the portal itself it is in strict-portals.test.ts and strict-portal-windows.test.ts.

const work = mkdtempSync(join(process.env['HOME'] ?? '', 'names-'));
const documents = join(work, 'documents');
const writable = join(work, 'writable');
const inside = '/run/documents';
const asked: string[] = [];
let server: Server;
/** Who serves the names of the sandbox that was looked into last. */
let serving = 0;
/** What the daemon does instead of answering; what it says is heard no more. */
let instead: ((line: Socket) => void) | undefined;

beforeAll(async () => {
  // 1.20 and before; since; a number with a zero before it; no ids.
  for (const id of ['7', 'c0ffee12', 'J11bonKKY9QcSpRBqo5Ovw', '_x_', '07', 'a.b', '.hidden', 'a b'])
    mkdirSync(join(documents, id), { recursive: true });
  server = createServer((line) => {
    line.setEncoding('utf8').on('data', (text: string) => {
      asked.push(text);
      if (instead !== undefined) return instead(line);
      const [, id = ''] = text.trim().split(' ');
      line.end(`${existsSync(join(writable, id)) ? documentFolders.write : '/place/of'}/${id}\n`);
    });
  });
  server.listen(join(work, 'questions.sock'));
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  rmSync(work, { recursive: true });
});

/** Is told what a script has printed so far, and may tell it a line. */
type Hear = (out: string, tell: (line: string) => void) => void;

/** What a script prints in a sandbox that has the names. */
async function look(script: string, hear: Hear = () => {}): Promise<string[]> {
  const names = await startDocumentNames('/usr/bin/perl', process.arch === 'arm64' ? 'aarch64' : 'x86_64');
  const sandbox = ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', '--tmpfs', '/run', '--dir', inside];
  const argv = [
    ...sandbox,
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--info-fd',
    '3',
    'sh',
    '-c',
    `echo ready; read go; ${script}`,
  ];
  const child = spawn('bwrap', argv, { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  const [stdin, stdout, , info] = child.stdio as unknown as [Writable, Readable, null, Readable];
  const heard = { out: '', info: '' };
  stdout.setEncoding('utf8').on('data', (text: string) => {
    heard.out += text;
    hear(heard.out, (line) => stdin.write(`${line}\n`));
  });
  info.setEncoding('utf8').on('data', (text: string) => {
    heard.info += text;
  });
  await waitFor(() => heard.info.includes('}') && heard.out.includes('ready'), { what: 'the sandbox' });
  const { 'child-pid': initPid } = JSON.parse(heard.info) as { 'child-pid': number };
  const socket = join(work, 'questions.sock');
  expect(await names.mount({ initPid, target: inside, documents, writable, socket, sandbox: 'one' })).toBe(true);
  const children = () => readFileSync(`/proc/${names.pid}/task/${names.pid}/children`, 'utf8');
  serving = Number(await waitFor(() => /^\d+/.exec(children())?.[0], { what: 'whoever serves the names' }));
  const ended = once(child, 'close');
  stdin.write('go\n');
  await ended;
  await waitFor(() => !names.isAlive(), { what: 'the names to end with the sandbox' });
  return heard.out.split('\n').slice(1, -1);
}

it('leaves half of what the kernel counts for a user as a whole to others', async () => {
  const limits = ['inotify_instances', 'inotify_watches', 'user_namespaces'].map(
    (name) => `/proc/sys/user/max_${name}`,
  );
  const halves = limits.map((limit) => String(Math.floor(Number(readFileSync(limit, 'utf8')) / 2)));
  let there: string[] = [];
  await look('echo waiting; read go', (out, tell) => {
    if (!out.endsWith('waiting\n')) return;
    // Of the namespace around the app's, which has limits of its own; these hold in both.
    const words = [`--user=/proc/${serving}/ns/user`, '--preserve-credentials', 'cat', ...limits];
    there = execFileSync('nsenter', words, { encoding: 'utf8' }).trim().split('\n');
    tell('go');
  });
  expect(there).toEqual(halves);
});

it('has a link for every id that a document can have, and for nothing else', async () => {
  const ids = ['07', '7', 'J11bonKKY9QcSpRBqo5Ovw', '_x_', 'c0ffee12'];
  expect((await look(`LC_ALL=C ls -A ${inside}`)).sort()).toEqual(ids);
  const links = ids.map((id) => `readlink ${inside}/${id}`).join('; ');
  expect(await look(`${links}; readlink ${inside}/7`)).toEqual([...ids, '7'].map((id) => `/place/of/${id}`));
  expect(asked).toContain('one J11bonKKY9QcSpRBqo5Ovw\n');
});

it('knows a document as soon as there is one, and numbers its link once', async () => {
  const number = `stat -c %i ${inside}/late`;
  const said = await look(
    `readlink ${inside}/late || echo none; until ${number} 2>/dev/null; do sleep 0.02; done; ls ${inside} >/dev/null; ${number}`,
    (out) => {
      if (out.includes('none')) mkdirSync(join(documents, 'late'), { recursive: true });
    },
  );
  const [first, number1, number2] = said;
  expect(first).toBe('none');
  expect(number2).toBe(number1);
});

it('asks again at once about a document that could be written, when that is taken away', async () => {
  for (const folder of [documents, writable]) mkdirSync(join(folder, 'saved'), { recursive: true });
  const link = `readlink ${inside}/saved`;
  const said = await look(`${link}; read taken; ${link}`, (out, tell) => {
    if (!out.endsWith('/saved\n') || !existsSync(join(writable, 'saved'))) return;
    rmdirSync(join(writable, 'saved'));
    tell('taken');
  });
  expect(said).toEqual([`${documentFolders.write}/saved`, '/place/of/saved']);
});

it('goes on where whoever serves is killed, in the middle of a question too', async () => {
  instead = () => {
    instead = undefined;
    process.kill(serving, 'SIGKILL');
  };
  const [first, ...rest] = await look(`readlink ${inside}/7 || echo lost; readlink ${inside}/7; ls ${inside}`);
  expect([first, rest[0]]).toEqual(['lost', '/place/of/7']);
  expect(rest).toContain('c0ffee12');
});

it('is held up by a daemon that hangs once, and not for each document', async () => {
  const waits: number[] = [];
  instead = (line) => {
    const begin = performance.now();
    line.once('close', () => waits.push(performance.now() - begin));
  };
  const names = ['7', 'c0ffee12', '_x_'];
  const said = await look(names.map((name) => `readlink ${inside}/${name}`).join('; '));
  instead = undefined;
  expect(said).toEqual(names.map((name) => `${documentFolders.read}/${name}`));
  expect(waits[0]).toBeGreaterThan(3500);
  for (const wait of waits.slice(1)) expect(wait).toBeLessThan(3000);
});
