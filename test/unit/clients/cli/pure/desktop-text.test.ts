import { describe, expect, it } from 'vitest';
import { appsMemory, budgetLine, budgetText } from '../../../../../src/clients/cli/pure/desktop-text.ts';

const row = (facts: Record<string, string>) =>
  new Map(Object.entries({ name: 'apps-memory-max', asked: '90%', ...facts }));
const GiB = 2 ** 30;
const held = row({ state: 'enforced', value: String(13 * GiB), current: String(Math.round(4.6 * GiB)) });

describe('the budget in words', () => {
  it('is in the list, with what is used of it', () => {
    expect(budgetLine([held])).toBe('all apps, in a fence or not: 4.6 GiB of 13 GiB of memory');
    expect(budgetLine([row({ state: 'off', asked: 'infinity', current: '1024' })])).toBe(
      'all apps, in a fence or not: 1 KiB of memory',
    );
    expect(budgetLine([row({ state: 'not-enforced', reason: 'no controller' })])).toBeUndefined();
    expect(budgetLine([])).toBeUndefined();
    const other = new Map([...held, ['name', 'apps-swap-max']]);
    expect(budgetLine([other])).toBeUndefined();
    expect(budgetLine([other, held])).toBe(budgetLine([held]));
  });

  it('is no limit where the kernel does not hold it', () => {
    expect(appsMemory([held])).toEqual({ memoryMax: 13 * GiB, memoryCurrent: Math.round(4.6 * GiB) });
    expect(appsMemory([row({ state: 'not-enforced', value: '5', current: '7' })])).toEqual({
      memoryMax: undefined,
      memoryCurrent: 7,
    });
  });

  it('has a row in the status', () => {
    expect(budgetText(held)).toBe('13 GiB (90%), 4.6 GiB in use');
    expect(budgetText(row({ state: 'off', asked: 'infinity', origin: '/c.toml:3' }))).toBe('infinity, from /c.toml:3');
    expect(budgetText(row({ state: 'off' }))).toBe('there is no swap space');
    expect(budgetText(row({ state: 'not-enforced', reason: 'no controller' }))).toBe('no controller');
    expect(budgetText(row({ state: 'enforced', value: String(13 * GiB) }))).toBe('13 GiB (90%)');
    expect(budgetText(row({ state: 'enforced', value: 'max', current: '12 bytes' }))).toBe('90%');
    expect(budgetText(row({ state: 'enforced', value: '-5', current: '1024' }))).toBe('90%, 1 KiB in use');
  });

  it('is empty where an older daemon does not tell', () => {
    const bare = (state: string) => budgetText(new Map([['state', state]]));
    expect([bare('not-enforced'), bare('off'), bare('enforced')]).toEqual(['', ', from ', '']);
  });
});
