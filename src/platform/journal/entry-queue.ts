import { entrySize, type LogEntry, makeEntry } from './entry.ts';

/** Entries that wait for their sink, oldest first. When it is full the oldest go, and their number is told in their place. */
export interface EntryQueue {
  readonly isEmpty: boolean;
  add(entry: LogEntry): void;
  /** The entry to send next (the notice of lost ones first); it stays until {@link EntryQueue.shift}. */
  first(): LogEntry | undefined;
  shift(): void;
}

/** Makes a queue of at most `entries` entries and `size` UTF-16 units. */
export function createEntryQueue(limit: { entries: number; size: number }): EntryQueue {
  const waiting: LogEntry[] = [];
  let size = 0;
  let lost = 0;
  /** The notice while it is being sent, so that `shift` knows which of the two went out. */
  let notice: LogEntry | undefined;
  const drop = (): void => {
    const gone = waiting.shift();
    if (gone !== undefined) size -= entrySize(gone);
  };
  return {
    get isEmpty() {
      return waiting.length === 0 && lost === 0;
    },
    add(entry) {
      waiting.push(entry);
      size += entrySize(entry);
      while (waiting.length > 1 && (waiting.length > limit.entries || size > limit.size)) {
        drop();
        lost++;
        notice = undefined;
      }
    },
    first() {
      if (lost > 0) notice ??= lostEntries(lost);
      return notice ?? waiting[0];
    },
    shift() {
      if (notice === undefined) return drop();
      notice = undefined;
      lost = 0;
    },
  };
}

function lostEntries(count: number): LogEntry {
  const message = `lost ${count} log entries while the journal did not take them`;
  return makeEntry(4, message, { count }, 'log-entries-lost');
}
