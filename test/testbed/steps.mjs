import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Prints a line of the runner's own. */
export function say(text) {
  console.log(`== ${text}`);
}

/** Announces a step and passes its argv through. */
export function withTitle(title, argv) {
  say(title);
  return argv;
}

/** The time since `begin` (ms since the epoch), as text. */
export function seconds(begin) {
  return `${Math.round((Date.now() - begin) / 1000)} s`;
}

const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of children) end(child, 'SIGTERM');
    process.exit(1);
  });
}

/** One with a time limit leads a process group, so that what a shell or npm has started goes with it. */
function end({ child, leads }, signal) {
  try {
    process.kill(leads ? -child.pid : child.pid, signal);
  } catch {}
}

/**
 * Runs a command in the project's folder with `env` on top of the environment. Output goes straight through, or with
 * `capture` into the result. After `timeoutMs` it and all it has started get SIGTERM, and SIGKILL ten seconds later. Resolves
 * to the exit code (128 after a signal), with `capture` to { code, output }.
 */
export function run(argv, { env = {}, capture = false, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
      detached: timeoutMs !== undefined,
    });
    const started = { child, leads: timeoutMs !== undefined };
    children.add(started);
    let output = '';
    const limits = [];
    if (timeoutMs !== undefined) {
      const overrun = () => {
        output += `did not end within ${timeoutMs / 1000} s\n`;
        end(started, 'SIGTERM');
      };
      limits.push(
        setTimeout(overrun, timeoutMs),
        setTimeout(() => end(started, 'SIGKILL'), timeoutMs + 10_000),
      );
    }
    if (capture) {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk) => {
          output += chunk;
        });
      }
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      children.delete(started);
      for (const limit of limits) clearTimeout(limit);
      const status = code ?? (signal === null ? 1 : 128);
      resolve(capture ? { code: status, output } : status);
    });
  });
}
