import { fstatSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Priority } from '../../domain/log-events.ts';

/** The socket on which journald takes the output of programs. */
const journalOutputPath = '/run/systemd/journal/stdout';

/** What journald is told about a stream. */
export interface OutputStreamOptions {
  /** SYSLOG_IDENTIFIER of the lines. */
  readonly identifier: string;
  /** journald believes this only of root; for everybody else it finds the unit by the writing process. */
  readonly unit?: string;
  /** Of every line; 6 (info) when not given. */
  readonly priority?: Priority;
  /** Whether "<3>" at the start of a line is taken as its priority. */
  readonly levelPrefix?: boolean;
}

/**
 * Connects to the journal for the output of a program, without blocking: with `nameOutput` it is what
 * sd_journal_stream_fd(3) does. Give the socket to spawn() as stdout and stderr; `destroy()` it when it has its name, and
 * never `end()` it, which would shut the child's side down too. journald notes the sender of every line by the process that
 * wrote it, so lines appear under the scope in which that process is, whoever opened the stream.
 *
 * @param options.withinMs milliseconds, 250 when not given
 * @returns undefined when there is no journald or it takes no connection within `withinMs`
 */
export function connectOutput(
  options: { readonly withinMs?: number; readonly path?: string } = {},
): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    // journald ends its own side at once (it never writes). With half-open off, node would end ours as well, and the
    // shutdown(2) would silence the child; so that, and nothing is ever read.
    const socket = connect({ path: options.path ?? journalOutputPath, allowHalfOpen: true });
    socket.pause();
    const give = (result: Socket | undefined): void => {
      clearTimeout(timer);
      if (result === undefined) socket.destroy();
      resolve(result);
    };
    // Not at once: where this process was kept from running, node looks at its timers before it looks at what has come.
    const timer = setTimeout(() => setImmediate(() => give(undefined)), options.withinMs ?? 250);
    // Stays: an error after the header must not end the daemon.
    socket.on('error', () => give(undefined));
    socket.once('connect', () => give(socket));
  });
}

/** Writes the header that names the stream; false when journald has closed it meanwhile (it does when it restarts). */
export function nameOutput(socket: Socket, options: OutputStreamOptions): Promise<boolean> {
  return new Promise((resolve) => {
    socket.write(streamHeader(options), (error) => resolve(!error));
  });
}

/** A connected and named stream; see `connectOutput` and `nameOutput`. */
export async function openOutputStream(
  options: OutputStreamOptions & { readonly withinMs?: number; readonly path?: string },
): Promise<Socket | undefined> {
  const socket = await connectOutput(options);
  if (socket === undefined || (await nameOutput(socket, options))) return socket;
  socket.destroy();
  return undefined;
}

/** The header of a stream, as journald's stdout_stream_line() reads it: seven lines. */
export function streamHeader(options: OutputStreamOptions): string {
  const { identifier, unit = '', priority = 6, levelPrefix = false } = options;
  // No forwarding to syslog, kmsg or console: journald's configuration decides that.
  return [headerLine(identifier), headerLine(unit), priority, levelPrefix ? 1 : 0, 0, 0, 0, ''].join('\n');
}

/**
 * The value of $JOURNAL_STREAM ("device:inode") for a program whose output goes to `socket` (systemd.exec(5)); programs that
 * log to the journal themselves compare it with their stderr.
 */
export function journalStreamVariable(socket: Socket): string | undefined {
  const fd = (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd;
  if (fd === undefined || fd < 0) return undefined;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
}

/** One line of the header. journald breaks off a stream with NUL in its header or a line of 255 bytes (UNIT_NAME_MAX - 1). */
function headerLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Surrogate}]+/gu, ' ').trim();
  if (Buffer.byteLength(line) <= 250) return line;
  // The last character may have been cut in two.
  return Buffer.from(line)
    .subarray(0, 250)
    .toString()
    .replace(/\ufffd$/, '');
}
