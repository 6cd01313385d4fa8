import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { text } from 'node:stream/consumers';

/** What a finished command left: its output and exit code (128 + n when signal n ended it, as a shell counts). */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Environment on top of this process's (undefined removes a name), what goes to stdin, and the time allowed in ms. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** Runs a command to its end, whatever the end is. Rejects only if it can't be started or takes longer than allowed. */
export async function command(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { cwd: options.cwd, env: { ...process.env, ...options.env } });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, options.timeoutMs ?? 60_000);
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
    });
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (late) throw new Error(`${argv.join(' ')} did not end in time; it printed: ${stdout}${stderr}`);
    return { stdout, stderr, code };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command that must succeed; returns its output without the last newline, or rejects with what it said. */
export async function output(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await command(argv, options);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout.replace(/\n$/, '');
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}
