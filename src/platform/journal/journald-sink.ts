import { accessSync, readdirSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import type { LogEntry, LogSink } from './entry.ts';
import { createEntryQueue } from './entry-queue.ts';
import type { JournalSend } from './load-journal-send.ts';
import { type PipeHandleClass, pingJournald } from './ping-journald.ts';

/** Entries sent in one turn of the event loop: about a millisecond. */
const entriesPerTurn = 64;
/** Signs of life in a row that may leave no room for an entry before the next try has to wait. */
const pingsInVain = 20;
const firstRetryMs = 100;
const longestRetryMs = 10_000;

/** Failures of sd_journal_sendv(3) that pass; with any other one the entry itself is at fault. */
const passing = new Set(
  ['EAGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ENOTCONN', 'ENOBUFS', 'ENOMEM', 'EMFILE', 'ENFILE', 'EINTR'].map(
    (name) => -constants.errno[name as keyof typeof constants.errno],
  ),
);

/**
 * The sink that writes to journald's native socket through the systemd-journald addon, so that the entries keep their fields.
 *
 * The addon calls sd_journal_sendv(3), which blocks for ever while journald hangs and its queue of datagrams is full, and says
 * "sent" when there is no socket at all. So entries wait in a bounded queue; the first one goes only after a sign of life from
 * journald ({@link pingJournald}), and after it the socket of libsystemd is made non-blocking: a full queue then is
 * EAGAIN, the entry stays, and the next sign of life goes on with it. No timer runs while journald hangs.
 *
 * Where there is no journald, or no addon, everything goes to `fallback`.
 *
 * @param options.folder journald's folder of sockets, /run/systemd/journal (the native socket's path is libsystemd's own)
 */
export function createJournaldSink(options: JournaldSinkOptions): LogSink {
  return new JournaldSink(options);
}

interface JournaldSinkOptions {
  folder: string;
  identifier: string;
  loadSend: () => JournalSend | undefined;
  fallback: LogSink;
  limit?: { entries: number; size: number };
}

class JournaldSink implements LogSink {
  readonly #options: JournaldSinkOptions;
  readonly #queue;
  readonly #idle = new Set<() => void>();
  #send: JournalSend | undefined;
  #Handle: PipeHandleClass | undefined;
  #nonBlocking = false;
  #mode: 'resting' | 'waiting' | 'backing-off' | 'fallen-back' = 'resting';
  #retry: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;

  constructor(options: JournaldSinkOptions) {
    this.#options = options;
    this.#queue = createEntryQueue(options.limit ?? { entries: 1000, size: 1_000_000 });
  }

  write(entry: LogEntry): void {
    if (this.#mode === 'fallen-back') {
      this.#options.fallback.write(entry);
      return;
    }
    this.#queue.add(entry);
    if (this.#mode === 'resting') void this.#step();
  }

  async flush(withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    if (!this.#queue.isEmpty && this.#mode !== 'fallen-back') {
      if (this.#mode === 'backing-off') void this.#step();
      await this.#idleWithin(withinMs);
    }
    if (this.#mode === 'fallen-back') return this.#options.fallback.flush(Math.max(0, until - performance.now()));
    return this.#queue.isEmpty;
  }

  #idleWithin(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#idle.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#idle.add(done);
    });
  }

  /** One round: make sure that journald lives, send a batch, and come again while something is left. */
  async #step(): Promise<void> {
    clearTimeout(this.#retry);
    this.#mode = 'waiting';
    for (let pings = 0; !(this.#nonBlocking || pings > 0) || !this.#sendBatch(); pings++) {
      if (pings > pingsInVain) return this.#backOff();
      const answer = await pingJournald(`${this.#options.folder}/stdout`, (handle) => {
        this.#Handle = handle;
      });
      if (answer === 'missing') return this.#fallBack();
      if (answer === 'refused') return this.#backOff();
      this.#send ??= this.#options.loadSend();
      if (this.#send === undefined) return this.#fallBack();
    }
    this.#retryMs = firstRetryMs;
    if (this.#queue.isEmpty) return this.#rest();
    setImmediate(() => void this.#step());
  }

  /** Sends until the queue is empty or the turn is over; false when journald took nothing. */
  #sendBatch(): boolean {
    // libsystemd says "sent" when the socket is missing.
    if (this.#send === undefined || !exists(`${this.#options.folder}/socket`)) return false;
    const queue = this.#queue;
    let sent = 0;
    for (let entry = queue.first(); entry !== undefined && sent < entriesPerTurn; entry = queue.first()) {
      if (!this.#sendEntry(this.#send, entry)) break;
      queue.shift();
      sent++;
      // While its socket may block, one entry per sign of life: journald has room for that.
      if (!this.#nonBlocking) break;
    }
    return sent > 0;
  }

  #sendEntry(send: JournalSend, entry: LogEntry): boolean {
    const before = this.#nonBlocking || this.#Handle === undefined ? undefined : openSockets();
    const fields = [`MESSAGE=${entry.message}`, `SYSLOG_IDENTIFIER=${this.#options.identifier}`];
    for (const [name, value] of entry.fields) fields.push(`${name}=${value}`);
    const result = send(entry.priority, ...fields);
    if (before !== undefined && this.#Handle !== undefined) this.#nonBlocking = makeNonBlocking(before, this.#Handle);
    return !passing.has(result);
  }

  #backOff(): void {
    this.#mode = 'backing-off';
    this.#retry = setTimeout(() => void this.#step(), this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }

  #fallBack(): void {
    this.#mode = 'fallen-back';
    for (let entry = this.#queue.first(); entry !== undefined; entry = this.#queue.first()) {
      this.#options.fallback.write(entry);
      this.#queue.shift();
    }
    for (const done of [...this.#idle]) done();
  }

  #rest(): void {
    this.#mode = 'resting';
    for (const done of [...this.#idle]) done();
  }
}

/** Handles around libsystemd's socket; a collected one would close it. */
const adopted: unknown[] = [];

/**
 * Sets O_NONBLOCK on the socket that libsystemd opened since `before` was taken. Node has no fcntl(2), but opening a pipe
 * handle on a file descriptor sets the flag (uv_pipe_open()). The handle stays open and unused as long as the process lives.
 */
function makeNonBlocking(before: ReadonlyMap<string, number>, Handle: PipeHandleClass): boolean {
  for (const [socket, fd] of openSockets()) {
    if (before.has(socket)) continue;
    const handle = new Handle(0);
    const error = handle.open(fd);
    handle.unref();
    adopted.push(handle);
    return error === 0 || error === undefined;
  }
  return false;
}

/** This process's sockets: "socket:[inode]" → file descriptor. */
function openSockets(): Map<string, number> {
  const sockets = new Map<string, number>();
  try {
    for (const fd of readdirSync('/proc/self/fd')) {
      const target = linkTarget(`/proc/self/fd/${fd}`);
      if (target?.startsWith('socket:')) sockets.set(target, Number(fd));
    }
  } catch {
    // No descriptor left for the listing: the socket stays as it is, and entries go one at a time.
  }
  return sockets;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
