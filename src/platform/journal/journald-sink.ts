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
export function createJournaldSink(options: {
  folder: string;
  identifier: string;
  loadSend: () => JournalSend | undefined;
  fallback: LogSink;
  limit?: { entries: number; size: number };
}): LogSink {
  const { folder, fallback, identifier } = options;
  const queue = createEntryQueue(options.limit ?? { entries: 1000, size: 1_000_000 });
  const idle = new Set<() => void>();
  let send: JournalSend | undefined;
  let Handle: PipeHandleClass | undefined;
  let nonBlocking = false;
  let mode: 'resting' | 'waiting' | 'backing-off' | 'fallen-back' = 'resting';
  let retry: NodeJS.Timeout | undefined;
  let retryMs = firstRetryMs;

  return {
    write(entry) {
      if (mode === 'fallen-back') return fallback.write(entry);
      queue.add(entry);
      if (mode === 'resting') void step();
    },
    async flush(withinMs) {
      const until = performance.now() + withinMs;
      if (!queue.isEmpty && mode !== 'fallen-back') {
        if (mode === 'backing-off') void step();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(done, withinMs);
          function done(): void {
            clearTimeout(timer);
            idle.delete(done);
            resolve();
          }
          idle.add(done);
        });
      }
      if (mode === 'fallen-back') return fallback.flush(Math.max(0, until - performance.now()));
      return queue.isEmpty;
    },
  };

  /** One round: make sure that journald lives, send a batch, and come again while something is left. */
  async function step(): Promise<void> {
    clearTimeout(retry);
    mode = 'waiting';
    for (let pings = 0; !(nonBlocking || pings > 0) || !sendBatch(); pings++) {
      if (pings > pingsInVain) return backOff();
      const answer = await pingJournald(`${folder}/stdout`, (handle) => {
        Handle = handle;
      });
      if (answer === 'missing') return fallBack();
      if (answer === 'refused') return backOff();
      send ??= options.loadSend();
      if (send === undefined) return fallBack();
    }
    retryMs = firstRetryMs;
    if (queue.isEmpty) return rest();
    setImmediate(() => void step());
  }

  /** Sends until the queue is empty or the turn is over; false when journald took nothing. */
  function sendBatch(): boolean {
    // libsystemd says "sent" when the socket is missing.
    if (send === undefined || !exists(`${folder}/socket`)) return false;
    let sent = 0;
    for (let entry = queue.first(); entry !== undefined && sent < entriesPerTurn; entry = queue.first()) {
      if (!sendEntry(send, entry)) break;
      queue.shift();
      sent++;
      // While its socket may block, one entry per sign of life: journald has room for that.
      if (!nonBlocking) break;
    }
    return sent > 0;
  }

  function sendEntry(send: JournalSend, entry: LogEntry): boolean {
    const before = nonBlocking || Handle === undefined ? undefined : openSockets();
    const fields = [`MESSAGE=${entry.message}`, `SYSLOG_IDENTIFIER=${identifier}`];
    for (const [name, value] of entry.fields) fields.push(`${name}=${value}`);
    const result = send(entry.priority, ...fields);
    if (before !== undefined && Handle !== undefined) nonBlocking = makeNonBlocking(before, Handle);
    return !passing.has(result);
  }

  function backOff(): void {
    mode = 'backing-off';
    retry = setTimeout(() => void step(), retryMs).unref();
    retryMs = Math.min(retryMs * 2, longestRetryMs);
  }

  function fallBack(): void {
    mode = 'fallen-back';
    for (let entry = queue.first(); entry !== undefined; entry = queue.first()) {
      fallback.write(entry);
      queue.shift();
    }
    for (const done of [...idle]) done();
  }

  function rest(): void {
    mode = 'resting';
    for (const done of [...idle]) done();
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
