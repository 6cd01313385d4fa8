import { execFile } from 'node:child_process';
import { isSilent } from '../../platform/files/silent-mounts.ts';
import { readWindowHost, type WindowHost, windowHostScript } from '../pure/window-host.ts';

const patienceMs = 10_000;

/** Has gjs load what the window is made with; nothing is shown. */
export function probeWindow(environment: Readonly<Record<string, string | undefined>>): Promise<WindowHost> {
  return new Promise((resolve) => {
    // Whoever starts a program waits for the search.
    const path = (environment['PATH'] ?? '/usr/bin:/bin').split(':').filter((folder) => !isSilent(folder));
    const env = { ...environment, PATH: path.join(':') };
    const options = { env, timeout: patienceMs, killSignal: 'SIGKILL' as const };
    execFile('gjs', ['-c', windowHostScript], options, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') resolve({ problem: 'gjs is not installed' });
      else if (error?.killed === true) resolve({ problem: `gjs did not answer within ${patienceMs / 1000} seconds` });
      else resolve(readWindowHost(stdout, stderr));
    });
  });
}
