import { spawn } from 'node:child_process';
import { RingfenceError } from '../../domain/errors.ts';
import type { DocumentNames } from '../ports.ts';
import { documentNamesArgv, renderOrder, renderProgram } from '../pure/document-names.ts';
import type { SeccompArch } from '../pure/syscalls.ts';

/**
 * Starts perl, which waits for its order and ends with the daemon until it has it; from then on it ends with the sandbox.
 * @throws RingfenceError NotEnforceable where it does not run
 */
export async function startDocumentNames(perl: string, arch: SeccompArch): Promise<DocumentNames> {
  const child = spawn(perl, documentNamesArgv(arch), {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const { stdin, stdout } = child;
  for (const stream of [stdin, stdout]) stream.on('error', () => {});
  stdin.write(renderProgram());
  const ended = new Promise<false>((resolve) => {
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  const says = () =>
    inTime(Promise.race([new Promise<true>((resolve) => stdout.once('data', () => resolve(true))), ended]));
  const isAlive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const kill = () => {
    stdin.destroy();
    stdout.destroy();
    child.kill('SIGKILL');
  };
  if (!(await says())) {
    kill();
    throw new RingfenceError('NotEnforceable', `cannot give documents names: ${perl} does not run`);
  }
  return {
    pid: child.pid ?? 0,
    isAlive,
    kill,
    async mount(order) {
      stdin.end(renderOrder(order));
      const isMounted = await says();
      stdin.destroy();
      stdout.destroy();
      if (!isMounted) kill();
      return isMounted;
    },
  };
}

async function inTime(said: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), longestWait);
  });
  const isSaid = await Promise.race([said, late]);
  clearTimeout(timer);
  return isSaid;
}

/** In ms; it takes some ten to start, and three to mount. */
const longestWait = 10_000;
