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
  expect(names('firefox zip')).toEqual([]);
});

it('shows those alone that start in their fence', () => {
  expect(names('', true)).toEqual(['Firefox']);
});

it('names an app without a name by its id', () => {
  expect(appFrom({ id: 'a.b.C.desktop' }).name).toBe('a.b.C');
});

it('finds the browsers that are not enabled yet', () => {
  const all = [app('firefox', 'Firefox'), app('chromium', 'Chromium', 'enabled'), app('firefoxy', 'Other')];
  expect(browsersIn(all).map(({ id }) => id)).toEqual(['firefox.desktop']);
});
