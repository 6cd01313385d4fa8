/** An error reply of a peer on the bus, with the D-Bus name of the error. */
export class RemoteError extends Error {
  readonly dbusName: string;

  constructor(dbusName: string, message: string) {
    super(message);
    this.name = 'RemoteError';
    this.dbusName = dbusName;
  }
}

/** Whether `error` is an error reply of a peer (optionally: with this D-Bus name). */
export function isRemoteError(error: unknown, dbusName?: string): error is RemoteError {
  return error instanceof RemoteError && (dbusName === undefined || error.dbusName === dbusName);
}

/** Thrown by the answering side: the caller gets exactly this D-Bus error, and nobody has made a mistake here. */
export class CallError extends Error {
  readonly dbusName: string;

  constructor(dbusName: string, message: string) {
    super(message);
    this.name = 'CallError';
    this.dbusName = dbusName;
  }
}

/** What a method call goes to. `destination` is a unique or well-known bus name. */
export interface CallTarget {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
}

/** A signal that was received from the sender that was subscribed to; `sender` is its unique name. */
export interface Signal {
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: unknown[];
}

/**
 * A method call that was received. `sender` is stamped by the bus. `decode` gives the body, or throws when its bytes
 * do not fit `signature`: compare the signature first.
 */
export interface MethodCall {
  readonly sender: string;
  readonly path: string;
  readonly interface: string | undefined;
  readonly member: string;
  readonly signature: string;
  /** The length of the whole message in bytes. */
  readonly bytes: number;
  decode(): unknown[];
  /** False once so many answers to the sender wait that this one would be refused: asked before what takes long. */
  isWanted?(): boolean;
}

/** The answer to a method call: values with their signature, or an error. */
export type Reply =
  | { readonly signature: string; readonly body: readonly unknown[] }
  | { readonly errorName: string; readonly message: string };

/** The error names that the D-Bus specification and its reference implementation define. */
export const dbusErrors = {
  failed: 'org.freedesktop.DBus.Error.Failed',
  invalidArgs: 'org.freedesktop.DBus.Error.InvalidArgs',
  limitsExceeded: 'org.freedesktop.DBus.Error.LimitsExceeded',
  propertyReadOnly: 'org.freedesktop.DBus.Error.PropertyReadOnly',
  unknownInterface: 'org.freedesktop.DBus.Error.UnknownInterface',
  unknownMethod: 'org.freedesktop.DBus.Error.UnknownMethod',
  unknownObject: 'org.freedesktop.DBus.Error.UnknownObject',
  unknownProperty: 'org.freedesktop.DBus.Error.UnknownProperty',
  nameHasNoOwner: 'org.freedesktop.DBus.Error.NameHasNoOwner',
} as const;

/** For a client that asks faster than its answers can be sent. */
export const tooManyAnswers = {
  errorName: dbusErrors.limitsExceeded,
  message: 'cannot answer another call: too many answers wait to be sent',
} as const;
