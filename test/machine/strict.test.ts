import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { escapeSuite } from '../fixtures/escape-suite.ts';

escapeSuite('machine', {});

// Or the probes that need it would be left out.
it('has what root prepares for the probes', () => {
  expect(existsSync('/usr/share/ringfence-probe/id-as-root')).toBe(true);
});
