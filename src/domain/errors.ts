/**
 * The closed set of errors Ringfence reports: code → D-Bus error name → exit code of the command line → what becomes of a click.
 * The codes, names and numbers are a promise; the same table is documented in dbus/org.ringfence.Ringfence1.xml.
 *
 * `click`: "handed back" means that an icon starts the app without its fence, unless it is strict. "refused": it is not started,
 * because the fence cannot be had as it was asked for, or because the app could not start without one either.
 */
export const errorTable = {
  InvalidArgument: { dbusName: 'org.ringfence.Error.InvalidArgument', exitCode: 2, click: 'handed back' },
  UnknownOption: { dbusName: 'org.ringfence.Error.UnknownOption', exitCode: 2, click: 'handed back' },
  InvalidLimit: { dbusName: 'org.ringfence.Error.InvalidLimit', exitCode: 2, click: 'refused' },
  NoSuchProfile: { dbusName: 'org.ringfence.Error.NoSuchProfile', exitCode: 2, click: 'refused' },
  NoSuchApp: { dbusName: 'org.ringfence.Error.NoSuchApp', exitCode: 3, click: 'handed back' },
  NoSuchAction: { dbusName: 'org.ringfence.Error.NoSuchAction', exitCode: 3, click: 'handed back' },
  NoSuchInstance: { dbusName: 'org.ringfence.Error.NoSuchInstance', exitCode: 3, click: 'handed back' },
  BadEntry: { dbusName: 'org.ringfence.Error.BadEntry', exitCode: 4, click: 'handed back' },
  NotEnforceable: { dbusName: 'org.ringfence.Error.NotEnforceable', exitCode: 5, click: 'refused' },
  MustEnclose: { dbusName: 'org.ringfence.Error.MustEnclose', exitCode: 5, click: 'refused' },
  ScopeFailed: { dbusName: 'org.ringfence.Error.ScopeFailed', exitCode: 6, click: 'handed back' },
  TimedOut: { dbusName: 'org.ringfence.Error.TimedOut', exitCode: 6, click: 'handed back' },
  Unreachable: { dbusName: 'org.ringfence.Error.Unreachable', exitCode: 7, click: 'handed back' },
  Failed: { dbusName: 'org.ringfence.Error.Failed', exitCode: 70, click: 'handed back' },
  ProgramNotExecutable: { dbusName: 'org.ringfence.Error.ProgramNotExecutable', exitCode: 126, click: 'refused' },
  ProgramNotFound: { dbusName: 'org.ringfence.Error.ProgramNotFound', exitCode: 127, click: 'refused' },
} as const satisfies Record<string, ErrorFacts>;

interface ErrorFacts {
  readonly dbusName: `org.ringfence.Error.${string}`;
  readonly exitCode: number;
  readonly click: 'refused' | 'handed back';
}

export type ErrorCode = keyof typeof errorTable;

/**
 * An error a user may see. The message reads "cannot <verb> <object>: <reason>", in lower case without a full stop,
 * and names the way out where there is one. Anything else that is thrown is a bug and is reported as `Failed`.
 */
export class RingfenceError extends Error {
  readonly code: ErrorCode;
  /** Where in a configuration file it is; the message says it too. */
  readonly place: FilePlace | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; place?: FilePlace }) {
    super(message, options);
    this.name = 'RingfenceError';
    this.code = code;
    this.place = options?.place;
  }

  /** The stable D-Bus error name of this error's code. */
  get dbusName(): string {
    return errorTable[this.code].dbusName;
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): number {
    return errorTable[this.code].exitCode;
  }
}

/** A place in a configuration file, as far as it is known. */
export interface FilePlace {
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  readonly key?: string;
}

/** Whether `error` is one of ours (optionally: with this code). */
export function isRingfenceError(error: unknown, code?: ErrorCode): error is RingfenceError {
  return error instanceof RingfenceError && (code === undefined || error.code === code);
}
