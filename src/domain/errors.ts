/**
 * The closed set of errors Ringfence reports: code → D-Bus error name → exit code of the command line.
 * The codes, names and numbers are a promise; the same table is documented in dbus/org.ringfence.Ringfence1.xml.
 */
export const errorTable = {
  InvalidArgument: { dbusName: 'org.ringfence.Error.InvalidArgument', exitCode: 2 },
  UnknownOption: { dbusName: 'org.ringfence.Error.UnknownOption', exitCode: 2 },
  InvalidLimit: { dbusName: 'org.ringfence.Error.InvalidLimit', exitCode: 2 },
  NoSuchProfile: { dbusName: 'org.ringfence.Error.NoSuchProfile', exitCode: 2 },
  NoSuchApp: { dbusName: 'org.ringfence.Error.NoSuchApp', exitCode: 3 },
  NoSuchAction: { dbusName: 'org.ringfence.Error.NoSuchAction', exitCode: 3 },
  NoSuchInstance: { dbusName: 'org.ringfence.Error.NoSuchInstance', exitCode: 3 },
  BadEntry: { dbusName: 'org.ringfence.Error.BadEntry', exitCode: 4 },
  NotEnforceable: { dbusName: 'org.ringfence.Error.NotEnforceable', exitCode: 5 },
  ScopeFailed: { dbusName: 'org.ringfence.Error.ScopeFailed', exitCode: 6 },
  TimedOut: { dbusName: 'org.ringfence.Error.TimedOut', exitCode: 6 },
  Unreachable: { dbusName: 'org.ringfence.Error.Unreachable', exitCode: 7 },
  Failed: { dbusName: 'org.ringfence.Error.Failed', exitCode: 70 },
  ProgramNotExecutable: { dbusName: 'org.ringfence.Error.ProgramNotExecutable', exitCode: 126 },
  ProgramNotFound: { dbusName: 'org.ringfence.Error.ProgramNotFound', exitCode: 127 },
} as const;

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
