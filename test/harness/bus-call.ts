import { type CommandOptions, type CommandResult, command } from './command.ts';

const destination = 'org.ringfence.Ringfence1';
const objectPath = '/org/ringfence/Ringfence1';

/**
 * Calls a method of Ringfence (or of `to`) with dbus-send, as a script would. Arguments are in dbus-send's form:
 * `string:firefox`, `array:string:` (empty), `dict:string:string:memory-max,1G`. On an error reply the code is 1 and stderr
 * begins with `Error <name>: `; see errorName.
 */
export function dbusSend(
  method: string,
  args: readonly string[] = [],
  { to = destination, path = objectPath, ...options }: CommandOptions & { to?: string; path?: string } = {},
): Promise<CommandResult> {
  const full = method.includes('.') ? method : `${destination}.${method}`;
  return command(
    ['dbus-send', '--session', '--print-reply=literal', '--reply-timeout=60000', `--dest=${to}`, path, full, ...args],
    options,
  );
}

/** Calls a method with gdbus, which takes any GVariant text, `@a{ss} {}` or `{'a': 'b'}`, and prints the reply as one. */
export function gdbusCall(
  method: string,
  args: readonly string[] = [],
  { to = destination, path = objectPath, ...options }: CommandOptions & { to?: string; path?: string } = {},
): Promise<CommandResult> {
  const full = method.includes('.') ? method : `${destination}.${method}`;
  return command(
    [
      'gdbus',
      'call',
      '--session',
      '--timeout=60',
      '--dest',
      to,
      '--object-path',
      path,
      '--method',
      full,
      '--',
      ...args,
    ],
    options,
  );
}

/** The D-Bus error name in the output of a failed dbusSend or gdbusCall, or undefined. */
export function errorName({ stderr }: CommandResult): string | undefined {
  return /^Error ([\w.]+)/m.exec(stderr)?.[1] ?? /GDBus\.Error:([\w.]+):/.exec(stderr)?.[1];
}

/** Whether somebody owns the bus name now. */
export async function isOwned(name: string): Promise<boolean> {
  const { stdout } = await dbusSend('org.freedesktop.DBus.NameHasOwner', [`string:${name}`], {
    to: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
  });
  return stdout.includes('true');
}
