import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
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
    for (const child of children) child.kill('SIGTERM');
    process.exit(1);
  });
}

/**
 * Runs a command in the project's folder with `env` on top of the environment. Output goes straight through, or line by
 * line behind `prefix`, or with `capture` into the result. After
 * `timeoutMs` it gets SIGTERM. Resolves to the exit code (128 after a signal), with `capture` to { code, output }.
 */
export function run(argv, { env = {}, prefix, capture = false, timeoutMs } = {}) {
  const piped = prefix !== undefined || capture;
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', piped ? 'pipe' : 'inherit', piped ? 'pipe' : 'inherit'],
      timeout: timeoutMs,
    });
    children.add(child);
    let output = '';
    if (piped) {
      for (const stream of [child.stdout, child.stderr]) {
        if (capture) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
        else createInterface({ input: stream }).on('line', (line) => console.log(prefix + line));
      }
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      children.delete(child);
      const status = code ?? (signal === null ? 1 : 128);
      resolve(capture ? { code: status, output } : status);
    });
  });
}
