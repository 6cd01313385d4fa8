import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RingfenceError } from '../../core/errors.ts';
import type { Gate, GateExit, GatePlan } from '../../ports.ts';

// The gate holds the app's place: systemd moves its pid into the scope before it becomes the app. It waits for one line on
// fd 3; end of file means that the daemon is gone, and then nothing runs.
// An app may ask whether the entry it was launched by was meant for it: then its pid stands in the environment.
const wait =
  'read -r go <&3 && [ "$go" = go ] || exit 0; [ -z "$GIO_LAUNCHED_DESKTOP_FILE" ] || export GIO_LAUNCHED_DESKTOP_FILE_PID=$$; ';
const script = `${wait}exec "$@" 3<&-`;

// A shell drops variables whose names it cannot hold (bash's exported functions, for one). env hands them on.
const scriptWithEnv = `${wait}exec env -- "$@" 3<&-`;

// dash starts in a third of bash's time and adds nothing but PWD to the environment.
const shell = existsSync('/bin/dash') ? '/bin/dash' : '/bin/sh';

/**
 * Starts a process that waits, with the app's environment, folder, output and pid, and becomes the app when released.
 * If the daemon dies at any moment before the release, the gate ends without having run anything of the app.
 * @throws RingfenceError ScopeFailed when no process can be started (no memory, no pids, folder gone)
 */
export function openGate(plan: GatePlan, output?: Socket): Promise<Gate> {
  const odd = [...plan.environment].filter(([name]) => !isShellName(name));
  const [program = ''] = plan.argv;
  // env would take a program with "=" in its name for a variable: then the odd variables are left out.
  // And bash's exec takes a program that starts with a dash for an option, while dash's knows no "--".
  const viaEnv = (odd.length > 0 || program.startsWith('-')) && !program.includes('=');
  const args = viaEnv ? [...odd.map(([name, value]) => `${name}=${value}`), ...plan.argv] : [...plan.argv];
  const child = spawn(shell, ['-c', viaEnv ? scriptWithEnv : script, 'ringfence-gate', ...args], {
    cwd: plan.workingDirectory,
    env: Object.fromEntries(plan.environment),
    // A session of its own: neither a terminal's Ctrl-C nor a signal to the daemon's group reaches the app.
    detached: true,
    stdio: ['ignore', output ?? 'inherit', output ?? 'inherit', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new RingfenceError('ScopeFailed', `cannot start ${program}: ${cause.message}`, { cause })),
    );
    child.once('spawn', () => resolve(asGate(child)));
  });
}

function asGate(child: ChildProcess): Gate {
  const pipe = child.stdio[3] as Duplex;
  // The gate may be gone when the line is written: that shows as its exit, not as an error of the pipe.
  pipe.on('error', () => {});
  const exited = new Promise<GateExit>((resolve) =>
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
  );
  return {
    pid: child.pid ?? 0,
    exited,
    release: () => void pipe.end('go\n'),
    kill: () => {
      pipe.destroy();
      child.kill('SIGKILL');
    },
  };
}

function isShellName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
