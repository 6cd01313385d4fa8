import { expect, it } from 'vitest';
import { appFrom, browsersIn, matching } from '../../../../src/window/pure/apps.ts';

const app = (id: string, name: string, state = 'available') => appFrom({ id: `${id}.desktop`, name, state });
const apps = [app('firefox', 'Firefox', 'enabled'), app('org.x.Cafe', 'Café Müller'), app('org.x.Zip', 'zip')];
const names = (search: string, onlyEnabled = false) => matching(apps, search, onlyEnabled).map(({ name }) => name);

it('orders apps by name, whatever its case', () => {
  expect(names('')).toEqual(['Café Müller', 'Firefox', 'zip']);
});

it('finds every word in the name or the id, without accents and case', () => {
  expect(names('cafe MULLER')).toEqual(['Café Müller']);
  expect(names('org.x')).toEqual(['Café Müller', 'zip']);
  expect(names('  zip \t org.x ')).toEqual(['zip']);
  expect(names('firefox zip')).toEqual([]);
});

it('orders apps of one name by their ids', () => {
  const twins = [app('b', 'Same'), app('c', 'same'), app('a', 'Same')];
  expect(matching(twins, '', false).map(({ id }) => id)).toEqual(['a.desktop', 'b.desktop', 'c.desktop']);
});

it('shows those alone that start in their fence', () => {
  expect(names('', true)).toEqual(['Firefox']);
});

it('names an app without a name by its id', () => {
  expect(appFrom({ id: 'org.desktop.C.desktop', name: '' }).name).toBe('org.desktop.C');
});

it('reads a row of ListApps, and takes what it does not tell for an app that is not enabled', () => {
  const row = { id: 'a.desktop', name: 'A', state: 'edited', source: '/usr/share/applications/a.desktop' };
  expect(appFrom({ ...row, profile: 'strict' })).toEqual({
    id: 'a.desktop',
    name: 'A',
    state: 'edited',
    entry: '/usr/share/applications/a.desktop',
    profile: 'strict',
  });
  expect(appFrom({})).toEqual({ id: '', name: '', state: 'available', entry: '', profile: '' });
});

it('finds the browsers that are not enabled yet', () => {
  const all = [app('firefox', 'Firefox'), app('chromium', 'Chromium', 'enabled'), app('firefoxy', 'Other')];
  expect(browsersIn(all).map(({ id }) => id)).toEqual(['firefox.desktop']);
});
