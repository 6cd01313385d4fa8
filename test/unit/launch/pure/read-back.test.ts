import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitName } from '../../../../src/domain/limits.ts';
import { judgeLimit, judgeOomGroup, proofFiles } from '../../../../src/launch/pure/read-back.ts';

const state = (name: LimitName, asked: bigint | 'infinity', text: string, file = proofFiles[name][0] ?? '') =>
  judgeLimit(name, asked, { file, text }).state;

describe('what the kernel says', () => {
  it.each<[LimitName, bigint | 'infinity', string]>([
    ['memory-max', 4294967296n, '4294967296\n'],
    ['memory-max', 4294967295n, '4294963200\n'],
    ['memory-max', 'infinity', 'max\n'],
    ['memory-high', 1000000n, '999424\n'],
    ['memory-swap-max', 0n, '0\n'],
    ['memory-swap-max', 100n, '0\n'],
    ['cpu-quota', 500_000n, '50000 100000\n'],
    ['cpu-quota', 3_000_000n, '300000 100000\n'],
    ['cpu-quota', 5000n, '1000 200000\n'],
    ['cpu-quota', 3333n, '1000 300030\n'],
    ['cpu-quota', 123_457n, '12345 100000\n'],
    ['cpu-quota', 'infinity', 'max 100000\n'],
    ['cpu-weight', 100n, '100\n'],
    ['io-weight', 50n, 'default 50\n8:0 200\n'],
    ['tasks-max', 4096n, '4096\n'],
    ['tasks-max', 'infinity', 'max\n'],
  ])('%s %s is held by %j', (name, asked, text) => {
    expect(state(name, asked, text)).toBe('enforced');
  });

  it.each<[LimitName, bigint | 'infinity', string]>([
    ['memory-max', 4294967296n, 'max\n'],
    ['memory-max', 4294967296n, '4294971392\n'],
    ['memory-max', 4294971392n, '4294963200\n'],
    ['memory-max', 4294967295n, '4294967295.0\n'],
    ['memory-max', 1000000n, '995328\n'],
    ['memory-max', 'infinity', '4294967296\n'],
    ['memory-max', 4294967296n, ''],
    ['cpu-quota', 500_000n, 'max 100000\n'],
    ['cpu-quota', 500_000n, '50001 100000\n'],
    ['cpu-quota', 500_000n, '50000\n'],
    ['cpu-quota', 500_000n, '50000 0\n'],
    ['cpu-quota', 'infinity', '50000 100000\n'],
    ['cpu-weight', 100n, '99\n'],
    ['io-weight', 50n, 'default 100\n8:0 50\n'],
    ['io-weight', 50n, 'default 50 8:0\n'],
    ['io-weight', 50n, '8:0 default 50\n'],
    ['cpu-weight', 100n, 'default 100\n'],
    // No number of pages: the kernel has rounded nothing here.
    ['memory-max', 1_000_000n, '999999\n'],
    ['cpu-quota', 500_000n, '0 0\n'],
    // One millisecond of a hundred is twice what was asked for: systemd would have made the period longer.
    ['cpu-quota', 5000n, '1000 100000\n'],
    ['tasks-max', 4096n, 'max\n'],
    ['tasks-max', 4096n, '4097\n'],
  ])('%s %s is not held by %j', (name, asked, text) => {
    const judged = judgeLimit(name, asked, { file: proofFiles[name][0] ?? '', text });
    expect(judged.state).toBe('not-enforced');
    expect(judged).toHaveProperty('reason', expect.stringContaining(JSON.stringify(text.trim())));
  });

  it('takes a missing file for a controller that is not there', () => {
    for (const name of Object.keys(proofFiles) as LimitName[]) {
      const judged = judgeLimit(name, 100n, undefined);
      expect(judged).toMatchObject({ state: 'not-enforced', fix: expect.stringContaining('Delegate=') });
    }
    expect(judgeLimit('cpu-quota', 'infinity', undefined)).toEqual({ state: 'enforced', kernel: 'max' });
  });

  it.each<[LimitName, bigint | 'infinity', string, string]>([
    ['cpu-quota', 500_000n, '1 1', 'the kernel has "1 1" in cpu.max instead of 500000 microseconds a second'],
    ['cpu-quota', 'infinity', '1 1', 'the kernel has "1 1" in cpu.max instead of max'],
    ['tasks-max', 7n, 'max', 'the kernel has "max" in pids.max instead of 7'],
  ])('says what %s %s has become: %j', (name, asked, text, reason) => {
    expect(judgeLimit(name, asked, { file: proofFiles[name][0] ?? '', text })).toEqual({
      state: 'not-enforced',
      reason,
      fix: expect.stringContaining('systemctl --user cat'),
    });
  });

  // memory.swap.max needs swap accounting, and io.weight a scheduler that knows weights (cgroup-v2.rst).
  it.each<[LimitName, string]>([
    ['memory-max', 'the memory controller is not delegated to your user manager'],
    ['memory-high', 'the memory controller is not delegated to your user manager'],
    ['cpu-quota', 'the cpu controller is not delegated to your user manager'],
    ['cpu-weight', 'the cpu controller is not delegated to your user manager'],
    ['tasks-max', 'the pids controller is not delegated to your user manager'],
    [
      'memory-swap-max',
      'the memory controller is not delegated to your user manager, or the kernel has no swap accounting (swapaccount=1)',
    ],
    [
      'io-weight',
      'the io controller is not delegated to your user manager, or the kernel has no IO weights (BFQ or iocost)',
    ],
  ])('says why there is no file for %s', (name, reason) => {
    expect(judgeLimit(name, 100n, undefined)).toHaveProperty('reason', reason);
  });

  it('never takes a weight for unlimited', () => {
    expect(state('io-weight', 'infinity', 'default 100\n')).toBe('not-enforced');
    expect(state('io-weight', 'infinity', 'default 100\n', 'io.bfq.weight')).toBe('not-enforced');
  });

  it("knows BFQ's own scale", () => {
    expect(state('io-weight', 1000n, 'default 1000\n', 'io.weight')).toBe('enforced');
    expect(state('io-weight', 50n, '50\n', 'io.bfq.weight')).toBe('enforced');
    expect(state('io-weight', 10_000n, 'default 1000\n', 'io.bfq.weight')).toBe('enforced');
    expect(state('io-weight', 1000n, '181\n', 'io.bfq.weight')).toBe('enforced');
    expect(state('io-weight', 1000n, '1000\n', 'io.bfq.weight')).toBe('not-enforced');
  });

  it('accepts memory rounded down to a page, and no other', () => {
    fc.assert(
      fc.property(fc.bigInt(65_536n, 2n ** 62n), fc.constantFrom(4096n, 16_384n, 65_536n), (asked, page) => {
        const held = asked - (asked % page);
        expect(state('memory-max', asked, `${held}\n`)).toBe('enforced');
        expect(state('memory-max', asked, `${held + page}\n`)).toBe('not-enforced');
        expect(state('memory-max', asked, `${held - 65_536n}\n`)).toBe('not-enforced');
      }),
    );
  });

  it('accepts whatever systemd makes of a quota, and no more', () => {
    fc.assert(
      fc.property(fc.bigInt(1000n, 2n ** 43n), (asked) => {
        // cgroup_cpu_adjust_period and cgroup_apply_unified_cpu_quota of systemd's src/core/cgroup.c, in microseconds.
        const stretched = [100_000n, 1000n, 1_000_000_000n / asked].reduce((a, b) => (a > b ? a : b));
        const period = stretched < 1_000_000n ? stretched : 1_000_000n;
        const share = (asked * period) / 1_000_000n;
        const quota = share > 1000n ? share : 1000n;
        expect(state('cpu-quota', asked, `${quota} ${period}\n`)).toBe('enforced');
        expect(state('cpu-quota', asked, `${quota + 1n} ${period}\n`)).toBe('not-enforced');
      }),
    );
  });

  it('sees whether the whole app would be killed together', () => {
    expect(judgeOomGroup('0\n')).toEqual({ state: 'enforced', kernel: '0' });
    expect(judgeOomGroup('1\n')).toEqual({
      state: 'not-enforced',
      reason: 'memory.oom.group is "1": the whole app would be killed together',
      fix: expect.stringContaining('OOMPolicy=kill'),
    });
    expect(judgeOomGroup(undefined)).toMatchObject({
      state: 'not-enforced',
      reason: 'the memory controller is not delegated to your user manager',
    });
  });
});
