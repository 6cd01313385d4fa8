// Runs on Debian 13 too: other versions of bubblewrap, systemd and D-Bus, to which a sandbox owes its holding.
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { escapeSuite } from '../../fixtures/escape-suite.ts';

// Where cgroup v1 holds the controllers the session can enforce no limit, and strict would refuse.
escapeSuite('session', { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' });

// Or the probes that need it would be left out.
it('has what root prepares for the probes', () => {
  expect(existsSync('/usr/share/ringfence-probe/id-as-root')).toBe(true);
});
