import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';

/** An error that came over the bus, or that nothing came. */
export class BusError extends Error {
  /** The D-Bus name of the error, "org.ringfence.Error.NoSuchApp"; empty for one that is not from the other side. */
  readonly remote: string;

  constructor(cause: unknown) {
    const error = cause as GLib.Error;
    const remote = (Gio.dbus_error_is_remote_error(error) && Gio.dbus_error_get_remote_error(error)) || '';
    super((error.message ?? '').replace(/^GDBus\.Error:[\w.]+: /, ''), { cause });
    this.remote = remote;
  }

  /** The other side knows no such method, property or arguments: it is of another version. */
  get isUnknown(): boolean {
    return /^org\.freedesktop\.DBus\.Error\.(?:Unknown(?:Method|Interface|Property)|InvalidArgs)$/.test(this.remote);
  }

  /** What was to be changed has ended meanwhile. */
  get isGone(): boolean {
    return /^org\.(?:ringfence\.Error\.NoSuchInstance|freedesktop\.DBus\.Error\.UnknownObject)$/.test(this.remote);
  }

  /** Nobody answered in time. */
  get isSilence(): boolean {
    return (
      this.remote === 'org.freedesktop.DBus.Error.NoReply' ||
      (this.cause as GLib.Error).matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT)
    );
  }
}

/** Where a call goes. */
export interface Target {
  readonly name: string;
  readonly path: string;
  readonly interface: string;
}

/**
 * Calls a method and returns its answer as plain values.
 * @param signature of the arguments, such as "(as)"
 * @param timeoutMs how long to wait for the answer
 * @throws BusError
 */
export function call<Answer extends readonly unknown[]>(
  bus: Gio.DBusConnection,
  target: Target,
  method: string,
  signature: string,
  values: readonly unknown[],
  timeoutMs: number,
): Promise<Answer> {
  const parameters = GLib.Variant.new_tuple(
    [...splitTuple(signature)].map((one, index) => new GLib.Variant(one as 's', values[index] as never)),
  );
  return new Promise((resolve, reject) => {
    bus.call(
      target.name,
      target.path,
      target.interface,
      method,
      parameters,
      null,
      Gio.DBusCallFlags.NONE,
      timeoutMs,
      null,
      (_bus, result) => {
        try {
          resolve(bus.call_finish(result).recursiveUnpack() as unknown as Answer);
        } catch (error) {
          reject(new BusError(error));
        }
      },
    );
  });
}

/** "(sas)" is "s", "as". Basic types, arrays of them and a{ss}, which is all that our methods take. */
function* splitTuple(signature: string): Generator<string> {
  yield* signature.slice(1, -1).match(/a*(?:\{[^}]*\}|\w)/g) ?? [];
}
