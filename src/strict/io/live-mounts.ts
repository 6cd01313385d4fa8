import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { LiveMounts } from '../ports.ts';
import { liveMountArgv, parseLiveMount, renderLiveMount } from '../pure/live-mount.ts';

/** Changes what is mounted in sandboxes that run, by a perl for each change. */
export const liveMounts: LiveMounts = {
  change: (perl, arch, order) =>
    new Promise((resolve, reject) => {
      const argv = liveMountArgv(arch, process.pid);
      const child = spawn(perl, argv, { cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
      let said = '';
      const timer = setTimeout(() => child.kill('SIGKILL'), longestChange);
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
      child.stdin.on('error', () => {});
      child.once('error', () => {
        clearTimeout(timer);
        resolve({ fault: 'perl does not run' });
      });
      child.once('close', () => {
        clearTimeout(timer);
        const outcome = parseLiveMount(said);
        if (outcome !== undefined) resolve(outcome);
        else reject(new Error('perl ended, or the folder did not answer in time'));
      });
      child.stdin.end(renderLiveMount(order));
    }),

  firstProcess: (pids) => pids.find((pid) => /^NSpid:\s*\d+\s+1$/m.test(textOf(pid, 'status'))),
};

function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** In ms; one takes some fifteen. */
const longestChange = 10_000;
