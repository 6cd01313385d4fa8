import { describe, expect, it } from 'vitest';
import type { OwnedFile } from '../../../../src/domain/owned-file.ts';
import {
  fileIdentity,
  hasIdentity,
  isOurs,
  isUntouched,
  linkIdentity,
} from '../../../../src/platform/owned-files/identity.ts';
import type { Found } from '../../../../src/platform/owned-files/model.ts';

const missing: Found = { state: 'missing' };
const nowhere: Found = { state: 'unusable', reason: 'leads nowhere', link: '/gone' };
const folder: Found = { state: 'unusable', reason: 'a folder' };
const never = (): never => {
  throw new Error('it was read');
};
const file = (hash: string | undefined, more: Partial<Extract<Found, { state: 'file' }>> = {}): Found => ({
  state: 'file',
  stat: 's1',
  size: 4,
  mode: 0o100644,
  bytes: never,
  hash: () => hash,
  ...more,
});
const owned = (is: string, more: Partial<OwnedFile> = {}): OwnedFile => ({ group: 'g', kind: 'k', is, ...more });

it('of contents is a text', () => {
  expect([fileIdentity('ab', undefined), fileIdentity('ab', 0o755), linkIdentity('/x')]).toEqual([
    'ab',
    'file:755:ab',
    'link:/x',
  ]);
});

describe('a place has the identity', () => {
  it.each<[string, Found, boolean]>([
    ['ab', file('ab'), true],
    ['ab', file('ab', { link: '/else', mode: 0o600 }), true],
    ['ab', file('cd'), false],
    ['ab', file(undefined), false],
    ['ab', missing, false],
    ['ab', nowhere, false],
    ['file:644:ab', file('ab'), true],
    ['file:644:ab', file('ab', { mode: 0o100600 }), false],
    ['file:644:ab', file('ab', { link: '/else' }), false],
    ['file:644:ab', file('cd'), false],
    ['file:644:undefined', file(undefined), false],
    ['link:/gone', nowhere, true],
    ['link:/x', file('ab', { link: '/x' }), true],
    ['link:/x', nowhere, false],
    ['link:undefined', folder, false],
    ['link:/x', file('ab'), false],
    ['link:/x', missing, false],
  ])('%s (%#)', (identity, found, expected) => {
    expect(hasIdentity(found, identity)).toBe(expected);
  });
});

describe('nobody has touched', () => {
  const unread = (more = {}) => file('?', { hash: never, ...more });
  it.each<[OwnedFile, Found, boolean]>([
    [owned('ab', { stat: 's1' }), unread(), true],
    [owned('ab', { stat: 's1' }), unread({ mode: 0o100600 }), true],
    [owned('ab', { stat: 's0' }), unread(), false],
    [owned('ab'), unread(), false],
    [owned('ab', { stat: 's1' }), missing, false],
    [owned('ab', { stat: 's1' }), { ...nowhere, stat: 's1' } as Found, false],
    [owned('file:644:ab', { stat: 's1' }), unread(), true],
    [owned('file:644:ab', { stat: 's1' }), unread({ mode: 0o100600 }), false],
    [owned('file:6441:ab', { stat: 's1' }), unread(), false],
  ])('%o (%#)', (notes, found, expected) => {
    expect(isUntouched(notes, found)).toBe(expected);
  });
});

describe('ours is', () => {
  it('what has one of the two identities', () => {
    const notes = owned('new', { was: 'old' });
    expect(['new', 'old', 'other'].map((hash) => isOurs(notes, file(hash), false))).toEqual([true, true, false]);
    expect(isOurs(owned('new'), file(undefined), false)).toBe(false);
    expect(isOurs(owned('ab', { stat: 's1' }), file('?', { hash: never }), false)).toBe(true);
  });

  it('what a crash has emptied, unless its owner’s own is kept aside', () => {
    const empty = file('of nothing', { size: 0, stat: 's2' });
    expect(isOurs(owned('ab'), empty, true)).toBe(true);
    expect(isOurs(owned('ab'), empty, false)).toBe(false);
    expect(isOurs(owned('ab', { aside: '/aside' }), empty, true)).toBe(false);
    expect(isOurs(owned('ab'), file('x', { size: 1 }), true)).toBe(false);
    expect(isOurs(owned('ab'), { ...folder, size: 0 } as Found, true)).toBe(false);
    expect(isOurs(owned('ab'), missing, true)).toBe(false);
  });
});
