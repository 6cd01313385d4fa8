import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeEntry } from '../../../../src/platform/journal/entry.ts';
import { createEntryQueue } from '../../../../src/platform/journal/entry-queue.ts';

describe('createEntryQueue', () => {
  it('gives every entry in order, or counts it as lost', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), fc.integer({ min: 1, max: 5 }), (steps, entries) => {
        const queue = createEntryQueue({ entries, size: 10_000 });
        const seen: number[] = [];
        let lost = 0;
        let added = 0;
        const take = (): void => {
          const entry = queue.first();
          const count = entry?.fields.get('RINGFENCE_COUNT');
          if (count !== undefined) lost += Number(count);
          else if (entry !== undefined) seen.push(Number(entry.message));
          queue.shift();
        };
        for (const add of steps) {
          if (add) queue.add(makeEntry(6, String(added++), {}));
          else if (!queue.isEmpty) take();
        }
        while (!queue.isEmpty) take();
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
        expect(seen.length + lost).toBe(added);
      }),
    );
  });

  it('is bounded by the size of its entries too, but keeps the newest', () => {
    const queue = createEntryQueue({ entries: 100, size: 10 });
    queue.add(makeEntry(6, 'a'.repeat(8), {}));
    queue.add(makeEntry(6, 'b'.repeat(20), {}));
    expect(queue.first()?.fields.get('RINGFENCE_COUNT')).toBe('1');
    queue.shift();
    expect(queue.first()?.message).toBe('b'.repeat(20));
  });
});
