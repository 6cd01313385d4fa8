import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../../../src/domain/decision.ts';
import { limitNames } from '../../../../src/domain/limits.ts';
import { infinity, limitProperty, scopeProperties } from '../../../../src/launch/pure/scope-properties.ts';

function decision(values: Partial<Record<(typeof limitNames)[number], bigint | 'infinity'>>): Decision {
  const limits = limitNames.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ name, asked: String(value), origin: { kind: 'request' } as const, value }];
  });
  return { app: 'a', profile: 'relaxed', mode: 'relaxed', limits, shortcomings: [], reasons: [] };
}

const common = { pids: [42], description: 'Text Editor', systemdVersion: 252 };

describe('scope properties', () => {
  it('are these, in this order', () => {
    const all = decision({
      'memory-max': 1n,
      'memory-high': 2n,
      'memory-swap-max': 0n,
      'cpu-quota': 3_000_000n,
      'cpu-weight': 100n,
      'io-weight': 50n,
      'tasks-max': 'infinity',
    });
    const properties = scopeProperties({ ...common, decision: all, sourcePath: '/usr/share/applications/a.desktop' });
    expect(properties.map(({ name, signature, value }) => [name, signature, value])).toEqual([
      ['PIDs', 'au', [42]],
      ['Description', 's', 'Text Editor'],
      ['Slice', 's', 'app.slice'],
      ['CollectMode', 's', 'inactive-or-failed'],
      ['TimeoutStopUSec', 't', 5_000_000n],
      ['SourcePath', 's', '/usr/share/applications/a.desktop'],
      ['OOMPolicy', 's', 'continue'],
      ['MemoryMax', 't', 1n],
      ['MemoryHigh', 't', 2n],
      ['MemorySwapMax', 't', 0n],
      ['CPUQuotaPerSecUSec', 't', 3_000_000n],
      ['CPUWeight', 't', 100n],
      ['IOWeight', 't', 50n],
      ['TasksMax', 't', 18_446_744_073_709_551_615n],
    ]);
  });

  it('leave OOMPolicy out where systemd does not know it', () => {
    const properties = scopeProperties({ ...common, decision: decision({}), systemdVersion: 251 });
    expect(properties.map(({ name }) => name)).toEqual([
      'PIDs',
      'Description',
      'Slice',
      'CollectMode',
      'TimeoutStopUSec',
    ]);
  });

  it('let no text become a line of the unit file', () => {
    const input = { ...common, decision: decision({}), description: 'a\nSlice=system.slice\\', sourcePath: '/a\nb' };
    const properties = scopeProperties(input);
    expect(properties.find(({ name }) => name === 'Description')?.value).toBe('a Slice=system.slice');
    expect(properties.some(({ name }) => name === 'SourcePath')).toBe(false);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (description) => {
        const value = scopeProperties({ ...input, description }).find(({ name }) => name === 'Description')?.value;
        expect(value).not.toMatch(/\p{Cc}|\\$/u);
      }),
    );
  });

  it.each([
    ['a\n\t\x9fb', 'a b'],
    ['a\\b', 'a\\b'],
    ['a\\\\\\', 'a'],
    ['ä'.repeat(1025), 'ä'.repeat(1024)],
    [`${'a'.repeat(1023)}\\b`, 'a'.repeat(1023)],
  ])('describe %j in a line that a unit file takes', (description, line) => {
    const properties = scopeProperties({ ...common, decision: decision({}), description });
    expect(properties.find(({ name }) => name === 'Description')?.value).toBe(line);
  });

  it('never hold anything that is not on the list, and nothing twice', () => {
    const value = fc.oneof(fc.bigInt(0n, 2n ** 62n), fc.constant('infinity' as const));
    const fixed = ['PIDs', 'Description', 'Slice', 'CollectMode', 'TimeoutStopUSec', 'SourcePath', 'OOMPolicy'];
    const allowed = new Set([...fixed, ...Object.values(limitProperty)]);
    const limits = fc.record(Object.fromEntries(limitNames.map((name) => [name, value])), { requiredKeys: [] });
    fc.assert(
      fc.property(limits, fc.string(), fc.integer({ min: 200, max: 300 }), (values, description, systemdVersion) => {
        const properties = scopeProperties({ decision: decision(values), pids: [1], description, systemdVersion });
        const names = properties.map(({ name }) => name);
        expect(names.filter((name) => !allowed.has(name))).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
        const numbers = properties.filter(({ signature }) => signature === 't').map((property) => property.value);
        expect(numbers.every((number) => typeof number === 'bigint' && number >= 0n && number <= infinity)).toBe(true);
      }),
    );
  });
});
