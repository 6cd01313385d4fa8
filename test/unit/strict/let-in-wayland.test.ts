import { expect, it } from 'vitest';
import { letInWayland } from '../../../src/strict/let-in-wayland.ts';

const start = (listener: number) => ({
  settings: { wayland: true, x11: true },
  host: { display: ':0', waylandDisplay: 'wayland-0', runtimeDir: '/run/user/1000', folder: '/run/user/1000/x' },
  identity: { id: 'org.ringfence.app.x', instance: 'i' },
  machine: { facts: { machine: 'x86_64' }, programs: { bwrap: '', proxy: '', perl: '/usr/bin/perl' } },
  pid: 1,
  needsWindow: true,
  app: 'x',
  displays: {
    isMutters: () => false,
    isMutter: (pid: number) => pid === 12,
    restrict: async () => ({ said: 'none' as const, compositor: 'it', listener, pid: 2, kill() {} }),
  },
  refuse: () => new Error('refused') as never,
});

it('has Mutter’s display as it is where the list of sockets does not tell, and only who listens', async () => {
  expect(await letInWayland(start(12))).toEqual({ host: {}, keeper: undefined, reasons: [] });
});

it('keeps out the display of a listener that is not Mutter', async () => {
  expect(await letInWayland(start(13))).toMatchObject({ host: { waylandIsKeptOut: true } });
});
