import {
  type LogEventName,
  type LogFieldName,
  type LogFields,
  logEvents,
  logFields,
  type Priority,
} from '../../domain/log-events.ts';

/** One log entry, clean: no NUL, no lone surrogate, bounded, only valid field names. */
export interface LogEntry {
  readonly priority: Priority;
  readonly message: string;
  /** Journal field name → value; without MESSAGE and PRIORITY. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Where entries go. */
export interface LogSink {
  /** Never blocks, never throws. */
  write(entry: LogEntry): void;
  /** Waits until everything written so far is out, at most `withinMs`; false when the time was over before. */
  flush(withinMs: number): Promise<boolean>;
}

/** The longest text of one field, in UTF-16 units; the rest is cut off and the cut is marked. */
export const longestText = 65_536;

/** Makes the entry for a message, its fields and (for an event) its MESSAGE_ID. */
export function makeEntry(priority: Priority, message: string, fields: LogFields, event?: LogEventName): LogEntry {
  const journal = new Map<string, string>();
  if (event !== undefined) journal.set('MESSAGE_ID', logEvents[event].messageId);
  for (const name of Object.keys(logFields) as LogFieldName[]) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value !== undefined) journal.set(logFields[name].field, cleanText(String(value)));
  }
  // `journalctl --user -u UNIT` and `systemctl --user status UNIT` also show entries of the same user that carry the unit
  // in USER_UNIT: the field that the user manager sets in its own messages about a unit (add_matches_for_user_unit()).
  const unit = journal.get(logFields.unit.field);
  if (unit !== undefined) journal.set('USER_UNIT', unit);
  return { priority, message: cleanText(message), fields: journal };
}

/** `text` as the journal can hold it: NUL and lone surrogates become U+FFFD, and it is cut at {@link longestText}. */
export function cleanText(text: string): string {
  const bounded =
    text.length > longestText ? `${text.slice(0, longestText)}… [${text.length - longestText} more characters]` : text;
  // NUL: the addon copies up to it but sends the full length, so that foreign memory would land in the journal.
  return bounded.replaceAll('\0', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd');
}

/** About how much memory an entry takes, in UTF-16 units. */
export function entrySize(entry: LogEntry): number {
  let size = entry.message.length;
  for (const [name, value] of entry.fields) size += name.length + value.length;
  return size;
}
