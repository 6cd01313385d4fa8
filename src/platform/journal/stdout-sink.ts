import { fstatSync } from 'node:fs';
import { logFields } from '../../domain/log-events.ts';
import { type ByteWriter, openByteWriter } from './byte-writer.ts';
import type { LogEntry, LogSink } from './entry.ts';
import { createEntryQueue } from './entry-queue.ts';
import { openOutputStream } from './output-stream.ts';

/**
 * The sink for a system without journald, or without the addon: lines on a file descriptor. Where that is a stream into the journal
 * ($JOURNAL_STREAM names it), every line starts with "<N>", its priority (sd-daemon(3)); elsewhere a human reads it.
 *
 * A pipe that nobody reads must not hold the daemon up, now or at exit: entries wait in a bounded queue, one write at
 * a time, on a non-blocking descriptor of our own ({@link openByteWriter}).
 */
export function createStdoutSink(options: {
  fd: number;
  identifier: string;
  /** $JOURNAL_STREAM. */
  journalStream: string | undefined;
  limit?: { entries: number; size: number };
}): LogSink {
  const prefixed = isJournalStream(options.fd, options.journalStream);
  const queue = createEntryQueue(options.limit ?? { entries: 1000, size: 1_000_000 });
  const idle = new Set<() => void>();
  let writing = false;
  let writer: Promise<ByteWriter> | undefined;

  async function drain(): Promise<void> {
    writing = true;
    writer ??= open().catch(() => async () => {});
    const write = await writer;
    for (let entry = queue.first(); entry !== undefined; entry = queue.first()) {
      queue.shift();
      // Nobody is left to tell when stdout itself is gone.
      await write(Buffer.from(renderEntry(entry, prefixed))).catch(() => {});
    }
    writing = false;
    for (const done of [...idle]) done();
  }

  async function open(): Promise<ByteWriter> {
    const { fd, identifier } = options;
    // O_NONBLOCK belongs to the open file, which others may share and set back: so a stream of our own.
    const stream = prefixed ? await openOutputStream({ identifier, levelPrefix: true }) : undefined;
    return openByteWriter(fd, stream);
  }

  return {
    write(entry) {
      queue.add(entry);
      if (!writing) void drain();
    },
    async flush(withinMs) {
      if (!writing) return true;
      return new Promise<boolean>((resolve) => {
        const timer = setTimeout(done, withinMs);
        function done(): void {
          clearTimeout(timer);
          idle.delete(done);
          resolve(!writing);
        }
        idle.add(done);
      });
    },
  };
}

/** The lines of an entry: message, for an error its stack, each with the prefix of its priority where it is wanted. */
export function renderEntry(entry: LogEntry, prefixed: boolean): string {
  const stack = entry.fields.get(logFields.stack.field);
  const text = stack === undefined ? entry.message : `${entry.message}\n${stack}`;
  const prefix = prefixed ? `<${entry.priority}>` : '';
  // Every line has its prefix: without one journald gives it the stream's priority. Other control characters could
  // steer a terminal.
  return text
    .split(/\r\n|[\n\r]/)
    .map((line) => `${prefix}${line.replace(/[^\P{Cc}\t]/gu, '\ufffd')}\n`)
    .join('');
}

/** Whether `fd` is the stream into the journal that $JOURNAL_STREAM ("device:inode") names. */
function isJournalStream(fd: number, journalStream: string | undefined): boolean {
  if (journalStream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return journalStream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
