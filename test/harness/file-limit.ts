import { Worker } from 'node:worker_threads';
import { afterAll, expect } from 'vitest';

/**
 * Vitest's setup of the unit tests: ends the process of a test file that is still at it after a minute. Vitest's own time
 * limits wait for the code that they are to stop; an endless loop never lets them.
 */
const seconds = Number(process.env['RINGFENCE_TEST_FILE_SECONDS'] ?? 60);
const end = `
  const { pid, file, seconds } = require('node:worker_threads').workerData;
  setTimeout(() => {
    require('node:fs').writeSync(2, file + ' has not ended within ' + seconds + ' s: an endless loop?\\n');
    process.kill(pid, 'SIGKILL');
  }, seconds * 1000);
`;
// Files share a process: what watches one ends with it.
const watch = new Worker(end, {
  eval: true,
  workerData: { pid: process.pid, file: expect.getState().testPath, seconds },
  stdin: false,
});
watch.unref();
afterAll(() => watch.terminate());
