import { describe, expect, it } from 'vitest';
import { builtInBudget, isBudgetName, readBudget } from '../../../src/domain/desktop-budget.ts';

it('has three keys', () => {
  for (const name of ['apps-memory-max', 'apps-swap-max', 'session-memory-low']) expect(isBudgetName(name)).toBe(true);
  for (const name of ['memory-max', '', 'apps-memory-max ']) expect(isBudgetName(name)).toBe(false);
});

it('leaves the desktop a tenth of the memory and of the swap unless told', () => {
  expect([...builtInBudget].map(([name, { value, origin }]) => [name, value.text, origin.kind])).toEqual([
    ['apps-memory-max', '90%', 'built-in'],
    ['apps-swap-max', '90%', 'built-in'],
    ['session-memory-low', '10%', 'built-in'],
  ]);
});

describe('what apps may have together', () => {
  it('is read as a limit of one app', () => {
    expect(readBudget('apps-memory-max', '90%')).toEqual({
      name: 'memory-max',
      text: '90%',
      kind: 'share',
      millionths: 900_000n,
    });
    expect(readBudget('apps-memory-max', 'infinity')).toMatchObject({ kind: 'infinity' });
    expect(readBudget('apps-memory-max', '0')).toHaveProperty('problem');
    expect(readBudget('apps-swap-max', '0')).toMatchObject({ name: 'memory-swap-max', kind: 'amount', amount: 0n });
  });
});

describe('what the desktop keeps', () => {
  it('is an amount, a share, or nothing', () => {
    const read = (text: string) => readBudget('session-memory-low', text);
    expect(read('512M')).toEqual({ name: 'memory-max', text: '512M', kind: 'amount', amount: 512n * 2n ** 20n });
    expect(read('10%')).toMatchObject({ kind: 'share', millionths: 100_000n });
    expect(read('0')).toEqual({ name: 'memory-max', text: '0', kind: 'amount', amount: 0n });
    for (const text of ['infinity', 'lots', '']) {
      expect(read(text)).toEqual({ problem: 'expected bytes like 512M, a share like 10%, or 0 for no protection' });
    }
  });
});
