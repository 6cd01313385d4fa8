import { describe, expect, it } from 'vitest';
import { isKin, isOwnScopeOfApp, type ScopeKin } from '../../../../src/watch/pure/kinship.ts';

const own = '/app.slice/app-ringfence-x-1.scope';
const cgroups = new Set([own]);
const roots = [{ pid: 100, startTime: 5000 }];
const nobody: ScopeKin = { members: [{ pid: 300, startTime: 7000 }], parents: [], children: [] };
const started = { lineage: { roots }, cgroups };
const contained = { lineage: { roots, since: 6000 }, cgroups };

describe('a scope that an app may have made', () => {
  it.each([
    'app-org.chromium.Chromium-4711.scope',
    'app-flatpak-org.test.Fox\\x2dy-1.scope',
    'app-gnome-org.gnome.gedit-2.scope',
    'snap.fox.fox-0a4f3c.scope',
  ])('is %s', (unit) => expect(isOwnScopeOfApp(unit)).toBe(true));

  it.each([
    'app-ringfence-firefox-1.scope',
    'vte-spawn-0a4f.scope',
    'run-r1.scope',
    'session-1.scope',
    'app-gnome-gedit@1.service',
    'snapd.service',
    'app-.scope',
  ])('is not %s', (unit) => expect(isOwnScopeOfApp(unit)).toBe(false));
});

describe('kinship', () => {
  it('is to be the first process, by number and start', () => {
    expect(isKin({ ...nobody, members: [{ pid: 100, startTime: 5000 }] }, started)).toBe(true);
    expect(isKin({ ...nobody, members: [{ pid: 100, startTime: 5001 }] }, started)).toBe(false);
    expect(isKin({ ...nobody, members: [{ pid: 101, startTime: 5000 }] }, started)).toBe(false);
  });

  it('is to be born of a process that is in there', () => {
    const parents = [{ cgroup: own, childStarted: 5500 }];
    expect(isKin({ ...nobody, parents }, started)).toBe(true);
    expect(isKin({ ...nobody, parents: [{ cgroup: '/app.slice/other.scope', childStarted: 5500 }] }, started)).toBe(
      false,
    );
  });

  it('is not to be born before its parent was contained', () => {
    expect(isKin({ ...nobody, parents: [{ cgroup: own, childStarted: 5500 }] }, contained)).toBe(false);
    expect(isKin({ ...nobody, parents: [{ cgroup: own, childStarted: 6001 }] }, contained)).toBe(true);
  });

  it('is to have a child in there, but in what was contained', () => {
    expect(isKin({ ...nobody, children: [own] }, started)).toBe(true);
    expect(isKin({ ...nobody, children: ['/app.slice/other.scope'] }, started)).toBe(false);
    expect(isKin({ ...nobody, children: [own] }, contained)).toBe(false);
  });

  it('is known of nothing whose record is lost, and of strangers', () => {
    const all: ScopeKin = { members: [...nobody.members, ...roots], parents: [], children: [own] };
    expect(isKin(all, { lineage: undefined, cgroups })).toBe(false);
    expect(isKin(nobody, started)).toBe(false);
  });
});
