import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RestrictedDisplay, WaylandDisplays } from '../ports.ts';
import {
  parseSecurityContext,
  renderSecurityContext,
  type SecurityContextOrder,
  securityContextArgv,
} from '../pure/security-context.ts';
import type { SeccompArch } from '../pure/syscalls.ts';
import { listenersAt, mutterPath } from '../pure/wayland-listeners.ts';
import { isRootsAlone } from './roots-alone.ts';

/** Tells compositors apart. What was found of a socket holds as long as it is the same file: another compositor makes one of its own. */
export function openWaylandDisplays(): WaylandDisplays {
  const known = new Map<string, string>();
  return {
    isMutters(socket) {
      const mark = markOf(socket);
      if (mark === undefined) return false;
      if (known.get(socket) === mark) return true;
      if (!isHeldByMutter(socket)) return false;
      known.set(socket, mark);
      return true;
    },
    isMutter: (pid) => isMutter(String(pid)),
    restrict,
  };
}

function markOf(socket: string): string | undefined {
  const facts = statSync(socket, { bigint: true, throwIfNoEntry: false });
  return facts && `${facts.dev}:${facts.ino}:${facts.ctimeNs}`;
}

/**
 * Whether Mutter listens there. The kernel tells who holds a socket; nothing has to be asked of anyone. Others may have bound the same
 * path elsewhere, such as a strict app in a runtime folder of its own: they are not looked at.
 */
function isHeldByMutter(socket: string): boolean {
  const held = new Set(readdirSync('/proc').filter(isMutter).flatMap(socketsOf));
  if (held.size === 0) return false;
  const [sockets = '', ...others] = ['unix', ...otherSockets].map(socketsListed);
  const listeners = listenersAt(realpathSync(socket), sockets, others);
  return listeners.some((inode) => held.has(`socket:[${inode}]`));
}

/** Of what a compositor may hold beside, by its name in /proc/net. */
const otherSockets = ['netlink', 'tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'packet'];

/** Nothing where the kernel has no such list, or does not let us read it. */
function socketsListed(kind: string): string {
  try {
    return readFileSync(`/proc/net/${kind}`, 'utf8');
  } catch {
    return '';
  }
}

/** A program of root's, seen where the daemon sees it: in a mount namespace of their own others can give any program this name. */
function isMutter(pid: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    const path = mutterPath(readlinkSync(`/proc/${pid}/exe`));
    if (path === undefined || !isRootsAlone(dirname(path)) || statSync(`/proc/${pid}/exe`).uid !== 0) return false;
    return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}

function socketsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Starts perl, which asks the compositor and then lives as long as the sandbox. */
function restrict(perl: string, arch: SeccompArch, order: SecurityContextOrder): Promise<RestrictedDisplay> {
  const child = spawn(perl, securityContextArgv(arch), {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  for (const stream of [child.stdin, child.stdout]) stream.on('error', () => {});
  child.stdin.end(renderSecurityContext(order));
  const kill = () => void child.kill('SIGKILL');
  return new Promise((resolve) => {
    let text = '';
    const give = (reason: string) => {
      clearTimeout(timer);
      child.stdout.destroy();
      const answer = parseSecurityContext(text) ?? { said: 'failed', compositor: '', reason };
      if (answer.said !== 'made') kill();
      resolve({ ...answer, pid: child.pid ?? 0, kill });
    };
    const timer = setTimeout(() => give('it does not answer'), longestWait);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('\n')) give('');
    });
    child.once('error', () => give('perl does not run'));
    child.once('close', () => give('perl ended'));
  });
}

/** In ms; perl takes some fifteen, and gives a compositor five seconds. */
const longestWait = 10_000;
