import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// One testbed serves a whole run, so its suites take turns: bus names, units and the journal are shared between files.
const oneAtATime = { pool: 'forks', fileParallelism: false } as const;

// test/run.mjs counts the tests of all runs from these files.
const report = process.env['RINGFENCE_TEST_REPORT'];

export default defineConfig({
  // The testbeds see the project read-only.
  cacheDir: join(tmpdir(), 'ringfence-vite'),
  test: {
    // As waitFor: a busy machine may take more than vitest's one second.
    expect: { poll: { timeout: 20_000 } },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/harness/file-limit.ts'],
          // Pure functions leave nothing behind: a process serves many files, which spares more than half of the time.
          isolate: false,
          // More than waitFor takes to say what it waited for.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [
            process.env['RINGFENCE_TEST_BY_HAND'] ? 'test/integration/by-hand/*.ts' : 'test/integration/**/*.test.ts',
          ],
          globalSetup: ['test/harness/require-session.ts'],
          ...oneAtATime,
          // Some do a hundred things in a row, each in a third of a second where nothing else runs.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'gnome',
          include: [process.env['RINGFENCE_TEST_BY_HAND'] ? 'test/gnome/by-hand/*.ts' : 'test/gnome/**/*.test.ts'],
          globalSetup: ['test/harness/require-gnome.ts'],
          ...oneAtATime,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'packaging',
          include: ['test/packaging/**/*.test.ts'],
          globalSetup: ['test/harness/require-packaging.ts'],
          ...oneAtATime,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'machine',
          // A process for all of them: loading the harness anew takes a second on these machines.
          isolate: false,
          // Those of by-hand/ are no tests of every run: see test/README.md.
          include: [process.env['RINGFENCE_TEST_BY_HAND'] ? 'test/machine/by-hand/*.ts' : 'test/machine/**/*.test.ts'],
          globalSetup: ['test/harness/require-machine.ts'],
          ...oneAtATime,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
