import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupChanges } from '../../../../../src/clients/cli/pure/group-changes.ts';

const told = (...changes: [string, string, string?][]) =>
  groupChanges(
    changes.map(([change, path, reason]) => ({ change, path, ...(reason === undefined ? {} : { reason }) })),
    ['/home/u/ours'],
  ).map(({ change, folder, members }) => [change, folder, ...members.map(({ path }) => path)]);

describe('changes', () => {
  it('of one kind in one folder are told together', () => {
    expect(told(['created', '/bin/a'], ['created', '/lib/x'], ['updated', '/bin/b'], ['created', '/bin/c'])).toEqual([
      ['created', '/bin', '/bin/a', '/bin/c'],
      ['created', '/lib', '/lib/x'],
      ['updated', '/bin', '/bin/b'],
    ]);
  });

  it('below a folder that is ours alone are told as that folder, others that begin like it are not', () => {
    expect(
      told(['removed', '/home/u/ours/a/b/c'], ['removed', '/home/u/ours/d'], ['removed', '/home/u/ours-not/e']),
    ).toEqual([
      ['removed', '/home/u/ours', '/home/u/ours/a/b/c', '/home/u/ours/d'],
      ['removed', '/home/u/ours-not', '/home/u/ours-not/e'],
    ]);
  });

  it('with a reason are told one by one', () => {
    expect(told(['kept', '/bin/a', 'it was edited'], ['kept', '/bin/b', 'it was edited'])).toHaveLength(2);
  });

  it('are each told once', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`);
    const change = fc.record({ path, change: fc.constantFrom('created', 'removed') });
    fc.assert(
      fc.property(
        fc.uniqueArray(change, { selector: (one) => one.path }),
        fc.subarray(['/a', '/b']),
        (changes, wholes) => {
          const groups = groupChanges(changes, wholes);
          expect(new Set(groups.flatMap(({ members }) => members))).toEqual(new Set(changes));
          expect(groups.flatMap(({ members }) => members)).toHaveLength(changes.length);
          for (const { folder, members } of groups)
            for (const one of members) expect(one.path.startsWith(`${folder}/`)).toBe(true);
        },
      ),
    );
  });
});
