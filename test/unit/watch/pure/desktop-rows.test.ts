import { describe, expect, it } from 'vitest';
import { addLayer } from '../../../../src/domain/config/add-layer.ts';
import { builtInConfig } from '../../../../src/domain/config/model.ts';
import { readLayer } from '../../../../src/domain/config/read-layer.ts';
import type { HostFacts } from '../../../../src/domain/host-facts.ts';
import { infinity } from '../../../../src/launch/pure/scope-properties.ts';
import {
  budgetAmount,
  budgetPlaces,
  budgetShortcoming,
  foreignLimit,
  heldMemory,
  roomForApps,
  tooSmall,
  unprotected,
} from '../../../../src/watch/pure/desktop-rows.ts';

const G = 2n ** 30n;
const host: HostFacts = {
  memoryBytes: 10n * G,
  swapBytes: 4n * G,
  taskCeiling: 1n,
  controllers: new Set(['memory']),
  kernelHas: () => true,
  systemdVersion: 252,
};
const budget = (text: string) => addLayer(builtInConfig, readLayer('/config.toml', text)).desktop;
const amounts = (text: string, on = host) =>
  (['apps-memory-max', 'apps-swap-max', 'session-memory-low'] as const).map((name) =>
    budgetAmount(budget(text), name, on),
  );

describe('the budget of the desktop', () => {
  it('is there by itself', () => {
    expect(amounts('')).toEqual([9n * G, (4n * G * 9n) / 10n, G]);
  });

  it('is what the configuration says, and can be turned off part by part', () => {
    expect(amounts('[desktop]\napps-memory-max = "4G"\n')).toEqual([4n * G, (4n * G * 9n) / 10n, G]);
    const off = '[desktop]\napps-memory-max = "infinity"\napps-swap-max = "infinity"\nsession-memory-low = 0\n';
    expect(amounts(off)).toEqual([undefined, undefined, undefined]);
    expect(amounts('[desktop]\napps-swap-max = 0\n')[1]).toBe(0n);
  });

  it('says nothing of swap where there is none', () => {
    const none = { ...host, swapBytes: 0n };
    expect(amounts('', none)).toEqual([9n * G, undefined, G]);
    expect(amounts('[desktop]\napps-swap-max = "1G"\n', none)[1]).toBe(G);
    expect(budgetAmount(new Map(), 'apps-memory-max', host)).toBeUndefined();
  });

  it.each([
    ['apps-memory-max = "lots"', /line 2: desktop\.apps-memory-max: expected bytes like 4G/],
    ['apps-memory-max = "1K"', /64K/],
    ['session-memory-low = "infinity"', /0 for no protection/],
    ['apps-memory-mx = "4G"', /did you mean apps-memory-max/],
  ])('refuses %s', (line, message) => {
    expect(() => budget(`[desktop]\n${line}\n`)).toThrow(message);
  });

  it('cannot be had without the memory controller', () => {
    expect(budgetShortcoming('apps-memory-max', host)).toBeUndefined();
    const without = { ...host, controllers: new Set(['pids']) };
    expect(budgetShortcoming('apps-memory-max', without)).toMatchObject({
      reason: expect.stringContaining('memory controller'),
      fix: expect.stringMatching(/Delegate/),
    });
    expect(budgetShortcoming('apps-memory-max', { ...without, kernelHas: () => false })?.fix).toMatch(/cgroup_disable/);
  });

  it('counts as held what the kernel cannot simply take back', () => {
    const kernel = 'kernel 900\nkernel_stack 10\npagetables 5\npercpu 20\nsock 30\nvmalloc 40\n';
    const stat = `anon 100\nfile 5000\n${kernel}shmem 1000\nanon_thp 7\nslab_reclaimable 70\nslab_unreclaimable 50\nslab 120\n`;
    expect(heldMemory(stat)).toBe(1255n);
    expect(heldMemory(undefined)).toBeUndefined();
    expect(heldMemory('shmem 5\n')).toBeUndefined();
    expect(heldMemory('anon 5\n')).toBe(5n);
  });

  it.each([
    ['a tenth for what is not an app', { available: 9n * G + G / 2n, held: 0n }, 9n * G],
    [
      'and more where that holds more, with a twentieth that stays free',
      { available: 7n * G, held: 0n },
      6n * G + G / 2n,
    ],
    ['the same while apps use it', { available: 2n * G, held: 5n * G }, 6n * G + G / 2n],
    ['half of the memory at least', { available: 4n * G, held: 0n }, 5n * G],
    ['what apps hold and a little', { available: G / 4n, held: 6n * G }, 6n * G + G / 5n],
  ])('leaves %s', (_what, seen, amount) => {
    expect(roomForApps(9n * G, { total: 10n * G, before: infinity, ...seen })).toBe(amount);
  });

  it('is not raised for apps that are at their budget while nothing is left', () => {
    const seen = { total: 10n * G, available: G / 4n, held: 6n * G };
    for (const before of [6n * G, 6n * G + G / 10n]) expect(roomForApps(9n * G, { ...seen, before })).toBe(before);
    expect(roomForApps(9n * G, { ...seen, before: 7n * G })).toBe(6n * G + G / 5n);
  });

  it('stays as it is for little, and never above what was asked', () => {
    const seen = { total: 10n * G, available: 7n * G, held: 0n };
    const near = 6n * G + G / 2n + G / 10n;
    expect(roomForApps(9n * G, { ...seen, before: near })).toBe(near);
    expect(roomForApps(9n * G, { ...seen, before: near - G / 5n })).toBe(near - G / 5n);
    expect(roomForApps(9n * G, { ...seen, before: near + G / 5n })).toBe(6n * G + G / 2n);
    expect(roomForApps(6n * G + G / 2n, { ...seen, before: near })).toBe(6n * G + G / 2n);
  });

  it('waits where apps hold more already, and leaves another hand’s limit alone', () => {
    expect(tooSmall('apps-memory-max', 3n * G, G)).toEqual({
      reason: 'apps hold 3072 MiB already, and 1024 MiB would kill some of them',
      fix: expect.stringContaining('raise apps-memory-max in the section [desktop]'),
    });
    const [memory] = budgetPlaces;
    expect(memory && foreignLimit(memory)).toEqual({
      reason: 'app.slice has a MemoryMax that Ringfence did not set, and it stays',
      fix: 'see "systemctl --user cat app.slice"',
    });
  });

  it('protects no more than what is above it is protected', () => {
    expect(unprotected(G, [])).toBeUndefined();
    expect(
      unprotected(G, [
        ['user.slice', 'max'],
        ['user@1000.service', String(G)],
      ]),
    ).toBeUndefined();
    const lack = unprotected(G, [
      ['user.slice', String(G)],
      ['user-1000.slice', '0'],
      ['user@1000.service', '5'],
    ]);
    expect(lack?.reason).toMatch(/^user-1000\.slice, user@1000\.service above it are/);
    expect(unprotected(G, [['user.slice', '5']])?.reason).toMatch(/^user\.slice above it is protected less/);
    expect(lack?.fix).toContain('for unit in user-1000.slice user@1000.service; do systemctl set-property $unit');
  });
});
