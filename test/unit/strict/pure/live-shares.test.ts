import { describe, expect, it } from 'vitest';
import { judgeEntry, termsOf } from '../../../../src/strict/pure/entry-terms.ts';
import { type FoundShare, planShareChanges, termsAfter } from '../../../../src/strict/pure/live-shares.ts';
import type { Share } from '../../../../src/strict/pure/model.ts';
import { plainSettings } from './example-host.ts';

const share = (word: string): Share => ({ path: word.replace(/:ro$/, ''), writable: !word.endsWith(':ro') });
const found = (word: string, fault?: string): FoundShare => ({ ...share(word), kind: 'folder', links: [], fault });
/** "do path" of each change; `shares` are those that the sandbox has beside the configured ones. */
const plan = (configured: string, wanted: readonly FoundShare[], shares = '') => {
  const had = configured.split(' ').filter(Boolean).map(share);
  const all = [...had, ...shares.split(' ').filter(Boolean).map(share)];
  return planShareChanges({ configured: had, shares: all }, wanted).map((one) => `${one.do} ${one.path}`);
};

describe('planShareChanges', () => {
  it.each([
    ['nothing where it has what is wanted', '/a /b:ro', '/a /b:ro', '', []],
    [
      'what is new is mounted, what is gone unmounted first',
      '/a',
      '/b /c:ro',
      '',
      ['unmount /a', 'mount /b', 'mount /c'],
    ],
    ['what lies in a folder that it has is there', '/a', '/a /a/b /a/c:ro', '', ['note /a/b', 'note /a/c']],
    [
      'or in one that it gets now, in whatever order',
      '',
      '/a/b:ro /a /a/c',
      '',
      ['mount /a', 'note /a/b', 'note /a/c'],
    ],
    ['one folder by two names is mounted once', '', '/a /a', '', ['mount /a', 'note /a']],
    ['nothing to be written in what is to be read', '/a:ro', '/a:ro /a/b', '', ['none /a/b']],
    ['around what goes first', '/a/b', '/a', '', ['unmount /a/b', 'mount /a']],
    ['nothing around what it has', '', '/a', '/a/b', ['none /a']],
    ['nor around what was opened by a click', '/x', '/x /a', '/a/letter', ['none /a']],
    ['a folder whose name only begins alike is another', '/a', '/a /ab', '', ['mount /ab']],
    ['no other mode, either way', '/a /b:ro', '/a:ro /b', '', ['none /a', 'none /b']],
    ['what is mounted in another goes with it', '/a:ro /a/b', '/a/b', '', ['none /a']],
    ['what lay in another is only no longer told', '/a /a/b', '/a', '', ['unmount /a/b']],
  ])('%s', (_, configured, wanted, shares, changes) => {
    const words = wanted
      .split(' ')
      .filter(Boolean)
      .map((word) => found(word));
    expect(plan(configured, words, shares)).toEqual(changes);
  });

  it('tells the fault of a word, and leaves one alone that it has all the same', () => {
    expect(plan('/a', [found('/a', 'it does not exist'), found('/b', 'it is hidden')])).toEqual(['none /b']);
    const [change] = planShareChanges({ configured: [], shares: [] }, [found('/b', 'it is hidden')]);
    expect(change).toMatchObject({ reason: 'it is hidden' });
  });
});

describe('termsAfter', () => {
  const lists = { ownNames: [], calls: [], links: [], openLinks: true, settings: plainSettings };
  const terms = (configured: string, more = '') => {
    const words = (text: string) => text.split(' ').filter(Boolean).map(share);
    const shares = [...words(configured), ...words(more)];
    return termsOf({ ...lists, configured: words(configured), shares }, {}, { unset: [], set: new Map() });
  };

  it.each([
    ['mount', '/a', '', '/b:ro', '/a /b:ro', ''],
    ['unmount', '/a /b', '', '/a', '/b', ''],
    ['note', '/a', '', '/a/b', '/a /a/b', ''],
    ['note', '/b', '/a', '/a/c', '/b /a/c', '/a'],
  ] as const)('a start as the config wants it goes in after %s', (what, before, more, path, after, left) => {
    const made = termsAfter(terms(before, more), { ...share(path), do: what });
    const wanted = terms(after, left);
    expect(judgeEntry(made, { ...wanted, shares: wanted.shares.slice(0, 1) })).toBeUndefined();
    expect(made.configured).toEqual(wanted.configured);
  });

  it('forgets a folder that is not configured any more, and lets nothing in there after', () => {
    const made = termsAfter(terms('/a'), { ...share('/a'), do: 'unmount' });
    expect(made).toMatchObject({ shares: [], configured: [] });
    expect(judgeEntry(made, terms('', '/a'))).toContain('/a was not let in');
    expect(termsAfter(terms('/a'), { ...share('/a'), do: 'note' })).toMatchObject({ configured: [] });
  });
});
