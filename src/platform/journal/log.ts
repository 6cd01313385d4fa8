import { inspect } from 'node:util';
import { pino } from 'pino';
import { isRingfenceError } from '../../domain/errors.ts';
import {
  type EventFields,
  type LogEventName,
  type LogFields,
  logEvents,
  type Priority,
} from '../../domain/log-events.ts';
import { type LogSink, makeEntry } from './entry.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What is logged beside the message. `cause` is anything thrown: its text joins the message, its stack stays in the journal. */
export type LogDetails = LogFields & { readonly cause?: unknown };

/** The log of a program. No method ever blocks or throws. */
export interface Log {
  /**
   * Logs an event of the closed table with its fields, at its own priority and whatever the level is. A `cause` brings the fields
   * error or stack.
   */
  event<E extends LogEventName>(name: E, message: string, details: EventFields<E> & { readonly cause?: unknown }): void;
  error(message: string, details?: LogDetails): void;
  warn(message: string, details?: LogDetails): void;
  info(message: string, details?: LogDetails): void;
  debug(message: string, details?: LogDetails): void;
  /** Waits until all of it is out, at most `withinMs` (before an exit); false when something was still queued. */
  flush(withinMs: number): Promise<boolean>;
}

/** Makes the log that writes to `sink` what is at least as important as `level`. */
export function createLog(options: { sink: LogSink; level: LogLevel }): Log {
  const { sink } = options;
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: false,
      nestedKey: 'entry',
    },
    { write: (line: string) => deliver(sink, line) },
  );
  const say =
    (level: LogLevel) =>
    (message: string, details: LogDetails = {}): void => {
      if (logger.isLevelEnabled(level)) logger[level](plain(details), withCause(message, details.cause));
    };
  return {
    // An event is what users search for: no level hides it, and its priority is the table's.
    event: (name, message, details: LogDetails) =>
      logger.fatal({ ...plain(details), event: name }, withCause(message, details.cause)),
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
    flush: (withinMs) => sink.flush(withinMs),
  };
}

const priorityOf = new Map<number, Priority>([
  [50, 3],
  [40, 4],
  [30, 6],
  [20, 7],
]);

/** Takes pino's JSON line apart again: the journal wants fields, not JSON. */
function deliver(sink: LogSink, line: string): void {
  const { level, msg, entry } = JSON.parse(line) as { level: number; msg?: string; entry?: Record<string, string> };
  const { event, ...fields } = entry ?? {};
  const name = event as LogEventName | undefined;
  const priority = name === undefined ? (priorityOf.get(level) ?? 6) : logEvents[name].priority;
  sink.write(makeEntry(priority, msg ?? '', fields, name));
}

/** The details as flat text, so that neither BigInt nor a cycle nor a throwing getter reaches the serializer. */
function plain(details: LogDetails): Record<string, string> {
  const texts: Record<string, string> = {};
  const { cause, ...fields } = details;
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) texts[name] = String(value);
  if (isRingfenceError(cause)) texts['error'] ??= cause.code;
  else if (cause !== undefined) texts['stack'] ??= describe(cause);
  return texts;
}

function withCause(message: string, cause: unknown): string {
  if (cause === undefined) return message;
  const text = cause instanceof Error ? cause.message : describe(cause);
  return message === '' ? text : `${message}: ${text}`;
}

function describe(cause: unknown): string {
  try {
    return inspect(cause, { depth: 4, maxStringLength: 10_000 });
  } catch {
    return 'something that cannot be shown';
  }
}
