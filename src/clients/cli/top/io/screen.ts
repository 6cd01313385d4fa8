import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { widthOf } from '../../pure/cell-text.ts';
import { decodeKeys } from '../pure/decode-keys.ts';
import { type Line, textOf } from '../pure/lines.ts';
import { type Paint, painted } from '../pure/paint.ts';
import type { Size } from '../pure/state.ts';

/** The terminal as a screen of its own. */
export interface Screen {
  size(): Size;
  /** Draws what is different from what stands there. */
  show(lines: readonly Line[]): void;
  /** Forgets what stands there, so that all of it is drawn anew. */
  forget(): void;
  /** Gives the terminal back, stops this process as Ctrl-Z does, and takes it again when it goes on. */
  suspend(): void;
  /** Gives the terminal back as it was. May be called twice. */
  close(): void;
}

/** Who wants to know what happens at the terminal. */
export interface ScreenListener {
  key(key: string): void;
  resized(): void;
  /** The terminal is gone, or this process is asked to end. */
  ended(exitCode: number): void;
}

/** ctlseqs(ms): the alternate screen, no cursor, no wrapping at the margin; and all of it back. */
const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const leave = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
const endings = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;
const exitCodeOf = (signal: (typeof endings)[number]) => 128 + constants.signals[signal];
/** In ms; a stopped process does not count them. */
const longestStop = 200;

/** Takes the terminal over; it is given back however this process ends. */
export function openScreen(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  paint: Paint,
  listener: ScreenListener,
): Screen {
  let shown: readonly string[] = [];
  let isOpen = false;
  let pending = '';
  const guard = openGuard();
  const take = () => {
    if (isOpen) return;
    isOpen = true;
    shown = [];
    stdin.setRawMode(true);
    stdout.write(enter);
  };
  const give = () => {
    if (!isOpen) return;
    isOpen = false;
    stdout.write(leave);
    try {
      stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  };
  const onData = (data: string) => {
    const { keys, rest } = decodeKeys(pending + data);
    pending = rest;
    for (const key of keys) listener.key(key);
  };
  const onResize = () => listener.resized();
  const onHangup = () => listener.ended(exitCodeOf('SIGHUP'));
  const onContinue = () => {
    take();
    listener.resized();
  };
  const offs = endings.map((signal) => {
    const react = () => listener.ended(exitCodeOf(signal));
    process.on(signal, react);
    return () => void process.off(signal, react);
  });
  const close = () => {
    process.off('exit', close).off('SIGCONT', onContinue);
    for (const off of offs) off();
    stdin.off('data', onData).off('end', onHangup).pause();
    stdout.off('resize', onResize);
    give();
    guard.release();
  };
  process.once('exit', close).on('SIGCONT', onContinue);
  // What fails once the terminal is gone is no news: "end" has said it.
  stdin.on('error', () => {});
  stdin.setEncoding('utf8').on('data', onData).once('end', onHangup);
  stdout.on('resize', onResize);
  take();
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    show(lines) {
      if (!isOpen) return;
      const columns = stdout.columns || 80;
      // In a full line the cursor stays on the last column, which would be erased.
      const next = lines.map((line) => painted(line, paint) + (widthOf(textOf(line)) < columns ? '\x1b[K' : ''));
      const changes = next.flatMap((line, index) => (line === shown[index] ? [] : [`\x1b[${index + 1};1H${line}`]));
      shown = next;
      if (changes.length > 0) stdout.write(changes.join(''));
    },
    forget() {
      shown = [];
      if (isOpen) stdout.write('\x1b[2J');
    },
    suspend() {
      give();
      // All of the terminal's job, as the terminal itself does it. Where nobody could let it go on, the kernel does not stop it.
      process.kill(0, 'SIGTSTP');
      setTimeout(onContinue, longestStop);
    },
    close,
  };
}

/**
 * A shell that waits until this process is gone. When that was without a word (SIGKILL, a crash of node itself), it gives the terminal
 * back in its place.
 */
function openGuard(): { release(): void } {
  const { stdout: saved } = spawnSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  // The end of file is the end of this process. Setting the terminal from the background would stop the shell.
  const script = `trap '' HUP INT QUIT TERM TSTP TTOU; read -r word <&3; stty "$1"; printf %b "$2"`;
  const words = [(saved ?? '').trim() || 'sane', leave.replaceAll('\x1b', '\\033')];
  const child = spawn('/bin/sh', ['-c', script, 'ringfence-top-guard', ...words], {
    stdio: ['inherit', 'inherit', 'ignore', 'pipe'],
  });
  child.once('error', () => {});
  child.unref();
  const pipe = child.stdio[3] as unknown as { unref?(): void } | undefined;
  pipe?.unref?.();
  return { release: () => void child.kill('SIGKILL') };
}
