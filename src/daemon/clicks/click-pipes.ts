import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type ClickOutcome, type ClickRequest, clickAnswer, parseClickRequest } from './click-request.ts';

/** What the pipes are opened with. */
export interface ClickPipesOptions {
  /** `<runtime folder>/ringfence/clicks`, absolute: the one that `ringfence-open` looks into. */
  readonly folder: string;
  /** The daemon's own pid: a client uses the pipes of a living daemon only. */
  readonly pid: number;
  /** Makes named pipes, mode 600. */
  makePipes(paths: readonly string[]): Promise<void>;
  /** Answers a request; never rejects. */
  answer(request: ClickRequest, slot: number): Promise<ClickOutcome>;
  /** How long a number may be held by nobody who lives, in ms; a minute when not given. */
  readonly patienceMs?: number;
}

/** The open pipes. */
export interface ClickPipes {
  /** From now on clients go over the bus; what was taken is still answered. */
  close(): void;
}

/**
 * The short way from a click to the daemon, beside the bus: `ringfence-open` is a shell script, and what it can do itself, without
 * starting a D-Bus client, saves a sixth of a click. A folder per daemon holds a pipe `bell` and numbered ones for answers. A
 * client claims a number by making `<number>.request` (O_EXCL) with the call in it, rings the bell with the number, reads a
 * line from the pipe of that number and rings once more with "-" before it, which gives the number back. One that finds all taken
 * rings with the number behind the last, so that those of dead clients are given back. All ends that answer
 * are ours alone, so a client reads an end of file as soon as the daemon is gone, however it ended. Where anything is missing,
 * full or too old, the client asks over the bus.
 */
export async function openClickPipes(options: ClickPipesOptions): Promise<ClickPipes> {
  const { folder, pid, answer, patienceMs = 60_000 } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    try {
      rmSync(join(folder, name), { recursive: true, force: true });
    } catch {
      // Clients pass by the folder of a daemon that is gone.
    }
  }
  const unready = join(folder, `.${pid}`);
  const own = join(folder, `${protocol}-${pid}-${Date.now()}`);
  mkdirSync(unready, { mode: 0o700 });
  const names = ['bell', ...Array.from({ length: slots }, (_, slot) => String(slot))];
  await options.makePipes(names.map((name) => join(unready, name)));
  // For both directions: opening does not wait for a client, and a pipe that no client has open keeps its other end.
  const open = (name: string) => openSync(join(unready, name), constants.O_RDWR | constants.O_NONBLOCK);
  const [bellFd = -1, ...answers] = names.map(open);
  const clients = new Map<number, number>();
  let isOpen = true;
  let lastSweep = Date.now();

  const request = (slot: number) => join(own, `${slot}.request`);
  const say = (slot: number, line: string) => {
    try {
      writeSync(answers[slot] ?? -1, line);
    } catch {
      // Full of what dead clients have not read: the client takes the end of its patience for the answer.
    }
  };
  const free = (slot: number) => {
    clients.delete(slot);
    readAvailable(answers[slot] ?? -1);
    rmSync(request(slot), { force: true });
  };
  const take = async (slot: number) => {
    const asked = readRequest(request(slot));
    if (asked === undefined) return;
    const { parsed, pid: client } = asked;
    clients.set(slot, client);
    say(slot, clickAnswer(client, parsed === undefined ? 'pass' : await answer(parsed, slot)));
    sweep();
  };
  /** Gives back the numbers of clients that have died. */
  const sweep = () => {
    if (!isOpen || Date.now() - lastSweep < patienceMs) return;
    lastSweep = Date.now();
    for (let slot = 0; slot < slots; slot += 1) {
      const client = clients.get(slot) ?? readRequest(request(slot))?.pid;
      if (client === undefined ? isOlder(request(slot), patienceMs) : !isAlive(client)) free(slot);
    }
  };

  const ring = (line: string) => {
    const slot = /^-?\d{1,2}$/.test(line) ? Math.abs(Number(line)) : Number.NaN;
    if (slot === slots) sweep();
    else if (!(slot < slots)) return;
    else if (line.startsWith('-')) free(slot);
    else if (!clients.has(slot)) void take(slot);
  };
  const bell = new Socket({ fd: bellFd, readable: true, writable: false });
  bell.on('error', () => {});
  let rest = '';
  bell.setEncoding('latin1').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-8);
    if (isOpen) lines.forEach(ring);
  });
  renameSync(unready, own);
  return {
    close() {
      if (!isOpen) return;
      isOpen = false;
      // Who has rung and was not heard need not wait for the end of this process.
      for (const line of readAvailable(bellFd).split('\n')) {
        const asked = /^\d{1,2}$/.test(line) ? readRequest(request(Number(line))) : undefined;
        if (asked !== undefined) say(Number(line), clickAnswer(asked.pid, 'pass'));
      }
      bell.destroy();
      rmSync(own, { recursive: true, force: true });
    },
  };
}

/** Part of the folder's name, so that a client of another version passes by. Raise it when the protocol changes. */
const protocol = 1;
/** Clicks that can be under way at once; more go over the bus. ringfence-open.sh counts as far. */
const slots = 16;
/** More than execve(2) takes for a client's own arguments. */
const largestRequest = 4 * 1024 * 1024;

function readRequest(path: string): { pid: number; parsed: ClickRequest | undefined } | undefined {
  try {
    const isReadable = statSync(path).size <= largestRequest;
    const bytes = isReadable ? readFileSync(path) : Buffer.alloc(0);
    // A client that is to ask over the bus has to be told, too.
    const pid = Number.parseInt((isReadable ? bytes.subarray(0, 11) : readStart(path)).toString('latin1'), 10);
    return pid > 0 ? { pid, parsed: parseClickRequest(bytes) } : undefined;
  } catch {
    return undefined;
  }
}

function readStart(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const start = Buffer.alloc(11);
    readSync(fd, start);
    return start;
  } finally {
    closeSync(fd);
  }
}

/** What is in a pipe now: 64 KiB at most. */
function readAvailable(fd: number): string {
  const bytes = Buffer.alloc(65_536);
  try {
    return bytes.toString('latin1', 0, readSync(fd, bytes));
  } catch {
    // EAGAIN: it is empty.
    return '';
  }
}

function isOlder(path: string, ageMs: number): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs >= ageMs;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
