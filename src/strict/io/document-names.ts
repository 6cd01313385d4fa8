import { spawn } from 'node:child_process';
import type { DocumentNames } from '../ports.ts';
import { documentNamesArgv, renderOrder } from '../pure/document-names.ts';
import type { SeccompArch } from '../pure/syscalls.ts';

/** Starts perl, which waits for its order and ends with the daemon until it has it; from then on it ends with the sandbox. */
export function startDocumentNames(perl: string, arch: SeccompArch): DocumentNames {
  const child = spawn(perl, documentNamesArgv(arch), {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const { stdin, stdout } = child;
  for (const stream of [stdin, stdout]) stream.on('error', () => {});
  const ended = new Promise<false>((resolve) => {
    child.once('exit', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  const said = new Promise<true>((resolve) => stdout.once('data', () => resolve(true)));
  const isAlive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const kill = () => {
    stdin.destroy();
    stdout.destroy();
    child.kill('SIGKILL');
  };
  return {
    pid: child.pid ?? 0,
    isAlive,
    kill,
    async mount(order) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), longestWait);
      });
      stdin.end(renderOrder(order));
      const isMounted = await Promise.race([said, ended, late]);
      clearTimeout(timer);
      stdin.destroy();
      stdout.destroy();
      if (!isMounted) kill();
      return isMounted;
    },
  };
}

/** In ms; it takes some three. */
const longestWait = 10_000;
