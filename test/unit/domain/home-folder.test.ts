import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appHomeName } from '../../../src/domain/home-folder.ts';

describe('the home of an app', () => {
  it.each([
    ['firefox', true, 'firefox'],
    ['firefox', false, 'local.firefox'],
    ['local.firefox', true, 'local.local.firefox'],
    ['named.work', true, 'local.named.work'],
    ['passing.1', true, 'local.passing.1'],
    ['localhost', true, 'localhost'],
  ])('of %s (its id counts: %s) is %s', (id, counts, name) => expect(appHomeName(id, counts)).toBe(name));

  it('is no other app’s, and none of a command', () => {
    const id = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.stringMatching(/^(local|named|passing|x)\.(local\.|named\.)?[a-c]$/),
    );
    fc.assert(
      fc.property(id, fc.boolean(), id, fc.boolean(), (one, oneCounts, other, otherCounts) => {
        fc.pre(one !== other);
        expect(appHomeName(one, oneCounts)).not.toBe(appHomeName(other, otherCounts));
        expect(appHomeName(one, oneCounts)).not.toMatch(/^(named|passing)\./);
      }),
    );
  });
});
