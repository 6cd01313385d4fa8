import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { RingfenceError } from '../../domain/errors.ts';
import type { IdleProxy, Said, SandboxPrograms } from '../ports.ts';
import { longestSaid, proxyBoxArgs, proxyBoxPaths, sayingLess, toldChild } from '../pure/proxy-box.ts';
import { paths } from './look-at-paths.ts';

/**
 * Starts xdg-dbus-proxy in a box of its own (see proxyBoxArgs). The box waits for who the app is on descriptor 5; the proxy then for
 * its arguments on descriptor 4, says on descriptor 3 that it listens and ends when nobody holds the other end of that. The gate
 * inherits that end: with the daemon's own closed, the proxy lives as long as the sandbox, whatever becomes of the daemon. Where
 * another process makes the sandbox, the two ends are those of the named pipe `pipe`. `sockets`: the folder that it may write. What it
 * says goes into a file without a name: nobody has to read it, and nothing waits for that.
 */
export async function startBusProxy(programs: SandboxPrograms, sockets: string, pipe?: string): Promise<IdleProxy> {
  // The reader first: without one, opening for writing would wait.
  const reader = pipe === undefined ? undefined : openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const end = pipe === undefined ? 'pipe' : openSync(pipe, constants.O_WRONLY);
  const system = paths.system(proxyBoxPaths(sockets));
  const said = openSaid(sockets);
  const [program = '', ...words] = sayingLess([
    programs.bwrap,
    ...proxyBoxArgs({ proxy: programs.proxy, system, sockets }),
  ]);
  const child = spawn(program, words, {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['ignore', said.fd, 'ignore', end, 'pipe', 'pipe', 'pipe'],
  });
  if (end !== 'pipe') closeSync(end);
  const sync =
    reader === undefined ? (child.stdio[3] as Socket) : new Socket({ fd: reader, readable: true, writable: false });
  const [args, info, told] = child.stdio.slice(4) as [Socket, Socket, Socket];
  for (const socket of [sync, args, info, told]) socket.on('error', () => {});
  const ended = new Promise<false>((resolve) => {
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  const proxyPid = await firstChild(child, told, ended).catch((error: unknown) => {
    said.close();
    throw error;
  });
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  return {
    pids: [child.pid ?? 0, proxyPid],
    isAlive,
    begin(argv, who) {
      args.end(argv.map((word) => `${word}\0`).join(''));
      info.end(who);
    },
    syncFd: (sync as unknown as { _handle: { fd: number } })._handle.fd,
    listens: Promise.race([new Promise<true>((resolve) => sync.once('data', () => resolve(true))), ended]),
    letGo: () => void sync.destroy(),
    said,
    kill() {
      said.close();
      for (const socket of [sync, args, info]) socket.destroy();
      // Bubblewrap only waits for the proxy, which would outlive it. As long as it waits, the number is the proxy's.
      if (isAlive()) killQuietly(proxyPid);
      child.kill('SIGKILL');
    },
  };
}

/** A file in this folder that has no name. */
function openSaid(folder: string): Said & { readonly fd: number } {
  const path = join(folder, `said.${process.pid}`);
  let fd: number;
  try {
    fd = openSync(path, 'wx+', 0o600);
  } finally {
    rmSync(path, { force: true });
  }
  let isOpen = true;
  return {
    fd,
    text() {
      if (!isOpen) return '';
      const buffer = Buffer.alloc(longestSaid);
      const size = readSync(fd, buffer, 0, longestSaid, 0);
      return size < longestSaid ? buffer.toString('latin1', 0, size) : '';
    },
    lastAt: () => (isOpen ? fstatSync(fd).mtimeMs : 0),
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** @throws RingfenceError NotEnforceable where there is none */
async function firstChild(child: ChildProcess, told: Socket, ended: Promise<false>): Promise<number> {
  const failed = (reason: string, cause?: unknown) =>
    new RingfenceError('NotEnforceable', `cannot start the bus filter: ${reason}`, { cause });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(failed(cause.message, cause)));
  });
  const said = new Promise<number | false>((resolve) => {
    let text = '';
    told.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const pid = toldChild(text);
      if (pid !== undefined) resolve(pid);
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), longestWait);
  });
  const pid = await Promise.race([said, ended, late]);
  clearTimeout(timer);
  told.destroy();
  if (pid !== false) return pid;
  child.kill('SIGKILL');
  throw failed('bubblewrap did not make its box');
}

/** In ms; it takes some three. */
const longestWait = 10_000;

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
