import { defineConfig } from 'vitest/config';

// The unit tests of pure code alone: no testbed, and no watchdog, since Stryker ends what loops.
export default defineConfig({
  test: {
    // As in the project's own: on a busy machine a slow test has noticed nothing.
    testTimeout: 30_000,
    include: [
      'test/unit/domain/**/*.test.ts',
      'test/unit/**/pure/**/*.test.ts',
      'test/unit/platform/dbus/*.test.ts',
      'test/unit/platform/owned-files/{identity,plan,unified-diff}.test.ts',
      'test/unit/platform/process/gate-script.test.ts',
    ],
  },
});
