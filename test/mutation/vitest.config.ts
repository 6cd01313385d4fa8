import { defineConfig } from 'vitest/config';

// The unit tests of pure code alone: no testbed, and no watchdog, since Stryker ends what loops.
export default defineConfig({
  test: {
    include: ['test/unit/domain/**/*.test.ts', 'test/unit/**/pure/**/*.test.ts'],
    exclude: ['test/unit/strict/**'],
  },
});
