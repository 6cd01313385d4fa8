import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { builtInBudget } from '../../../src/domain/desktop-budget.ts';
import type { HostFacts } from '../../../src/domain/host-facts.ts';
import { infinity } from '../../../src/launch/pure/scope-properties.ts';
import { type DesktopPorts, openDesktop } from '../../../src/watch/desktop.ts';

// When it looks again; test/machine/desktop.test.ts has systemd and the kernel.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const G = 2n ** 30n;

/** Slices that take what they are given. */
function open(systemd: Partial<DesktopPorts['systemd']> = {}) {
  const limits = new Map<string, bigint>();
  const notes = new Map<string, readonly string[]>();
  const host = { memoryBytes: 10n * G, swapBytes: 0n, controllers: new Set(['memory']), kernelHas: () => true };
  let calls = 0;
  const files = { 'memory.max': 'MemoryMax', 'memory.swap.max': 'MemorySwapMax', 'memory.low': 'MemoryLow' };
  const ports = {
    systemd: {
      controlGroup: '/user',
      async setProperties(unit: string, properties: readonly { name: string; value: unknown }[]) {
        for (const { name, value } of properties) limits.set(`${unit} ${name}`, value as bigint);
      },
      async startSlice() {
        calls += 1;
      },
      sliceLimit: async (unit: string, name: string) =>
        limits.get(`${unit} ${name}`) ?? (name === 'MemoryLow' ? 0n : infinity),
      async reload() {},
      endsForGood: async () => true,
      ...systemd,
    },
    cgroups: {
      read(cgroup: string, file: string) {
        if (file === 'memory.stat') return 'anon 0\n';
        const property = files[file as keyof typeof files] as string | undefined;
        return property && String(limits.get(`${cgroup.slice('/user/'.length)} ${property}`) ?? 'max');
      },
      watchFullMemory: () => () => {},
    },
    note: {
      read: () => notes,
      write(entries: ReadonlyMap<string, readonly string[]>) {
        const all = [...entries];
        notes.clear();
        for (const [key, values] of all) notes.set(key, values);
      },
      removeDropIn() {},
    },
    log: { warn() {} },
    budget: () => builtInBudget,
    host: () => host as unknown as HostFacts,
    availableMemory: () => 10n * G,
  } as unknown as DesktopPorts;
  return { desktop: openDesktop(ports), limits, host, calls: () => calls };
}

it('sees at the next start of an app that there is swap space now, or none any more', async () => {
  const { desktop, limits, host, calls } = open();
  const startApp = async () => {
    desktop.appStarted();
    await vi.advanceTimersByTimeAsync(3000);
  };
  await desktop.apply();
  expect(limits.get('app.slice MemoryMax')).toBe(9n * G);
  expect(limits.has('app.slice MemorySwapMax')).toBe(false);
  const before = calls();
  await startApp();
  expect(calls()).toBe(before);
  host.swapBytes = 10n * G;
  await startApp();
  expect(limits.get('app.slice MemorySwapMax')).toBe(9n * G);
  host.swapBytes = 0n;
  await startApp();
  expect(limits.get('app.slice MemorySwapMax')).toBe(infinity);
});

it('sets nothing any more while it is taken back', async () => {
  const { desktop, limits } = open();
  await desktop.apply();
  await Promise.all([desktop.stop(), desktop.apply()]);
  expect([limits.get('app.slice MemoryMax'), limits.get('session.slice MemoryLow')]).toEqual([infinity, 0n]);
});

it('is not told of before it is set, as by the first question to a new daemon', async () => {
  const { desktop } = open();
  void desktop.apply();
  const rows = await desktop.rows();
  expect(rows.map((row) => [row.get('name'), row.get('state')])).toEqual([
    ['apps-memory-max', 'enforced'],
    ['apps-swap-max', 'off'],
    ['session-memory-low', 'enforced'],
  ]);
});

it('is told of where systemd does not get on with it', async () => {
  const { desktop } = open({ startSlice: () => new Promise(() => {}) });
  void desktop.apply();
  const rows = desktop.rows();
  await vi.advanceTimersByTimeAsync(3001);
  expect((await rows)[0]?.get('state')).toBe('not-enforced');
});
