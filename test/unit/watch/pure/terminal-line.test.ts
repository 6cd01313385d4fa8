import { expect, it } from 'vitest';
import { terminalLine } from '../../../../src/watch/pure/terminal-line.ts';

const line = (limit: string, details: Record<string, string>) =>
  terminalLine(limit, new Map(Object.entries({ name: 'make', ...details })));
const atMemory = (text: string) => `ringfence-shell: make: ${text}; --memory-max sets another`;

it('names the limit and how much that is', () => {
  const value = String(150 * 2 ** 20);
  const one = atMemory('one of its processes was killed at the memory limit (memory-max 150 MiB)');
  expect([line('memory-max', { value, count: '1' }), line('memory-max', { value })]).toEqual([one, one]);
  expect(line('memory-max', { value: String(3 * 2 ** 29), count: '2' })).toBe(
    atMemory('2 of its processes were killed at the memory limit (memory-max 1.5 GiB)'),
  );
  expect(line('memory-max', { value: String(2 ** 30) })).toContain('(memory-max 1 GiB)');
  expect(line('tasks-max', { value: '60', count: '1' })).toBe(
    'ringfence-shell: make: refused a new process at the task limit (tasks-max 60); --tasks-max sets another',
  );
  expect(line('tasks-max', { value: '60', count: '7' })).toContain('refused 7 new processes');
});

it('does not blame its own limit for what all together used', () => {
  const all =
    'ringfence-shell: make: one of its processes was killed because all apps together, or this machine, had no memory left; see "ringfence status"';
  expect(line('memory-max', { value: '1048576', cause: 'others' })).toBe(all);
  // It has none.
  expect([line('memory-max', {}), line('memory-max', { value: 'infinity' })]).toEqual([all, all]);
});

it('leaves the terminal alone where nothing was taken away', () =>
  expect(line('cpu-quota', { value: '20%', count: '20' })).toBeUndefined());
