import { describe, expect, it } from 'vitest';
import { toEach, unlessEnded } from '../../../../src/clients/cli/on-instances.ts';
import { RingfenceError } from '../../../../src/domain/errors.ts';

const ended = new RingfenceError('NoSuchInstance', 'cannot find the instance: it has ended');
const refused = new RingfenceError('NotEnforceable', 'cannot freeze a: no');

/** What comes of it where each of the targets fails with its error, if it has one. */
const outcome = (errors: readonly (Error | undefined)[]) =>
  toEach(errors, async (error) => {
    if (error !== undefined) throw error;
  });

describe('what is done to several instances', () => {
  it('does not fail because one has ended since it was found', async () => {
    await outcome([]);
    await outcome([undefined, ended]);
    await outcome([ended, undefined, ended]);
  });

  it('fails where all of them have ended', async () => {
    await expect(outcome([ended])).rejects.toBe(ended);
    await expect(outcome([ended, ended])).rejects.toBe(ended);
  });

  it('fails as the first that was refused', async () => {
    const other = new Error('other');
    await expect(outcome([ended, undefined, refused, other])).rejects.toBe(refused);
    await expect(outcome([other, refused])).rejects.toBe(other);
  });

  it('is as well where it is to end anyway', () => {
    expect(unlessEnded(ended)).toBeUndefined();
    expect(() => unlessEnded(refused)).toThrow(refused);
  });
});
