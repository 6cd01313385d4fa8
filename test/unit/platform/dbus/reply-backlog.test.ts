import { expect, it } from 'vitest';
import { ReplyBacklog } from '../../../../src/platform/dbus/reply-backlog.ts';

const mebibyte = 1024 * 1024;

it('is full for a client that has 8 MiB to take, and for no other', () => {
  const backlog = new ReplyBacklog();
  backlog.add(':1.1', 8 * mebibyte - 1);
  expect(backlog.isFull(':1.1')).toBe(false);
  const taken = backlog.add(':1.1', 1);
  expect([backlog.isFull(':1.1'), backlog.isFull(':1.2')]).toEqual([true, false]);
  taken();
  expect(backlog.isFull(':1.1')).toBe(false);
});

it('is full for all when they have 32 MiB to take together', () => {
  const backlog = new ReplyBacklog();
  const takes = Array.from({ length: 5 }, (_, client) => backlog.add(`:1.${client}`, 6.4 * mebibyte));
  expect(backlog.isFull(':1.9')).toBe(true);
  takes[0]?.();
  expect(backlog.isFull(':1.9')).toBe(false);
  for (const taken of takes.slice(1)) taken();
  backlog.add(':1.1', 8 * mebibyte - 1);
  expect(backlog.isFull(':1.1')).toBe(false);
});
