import { describe, expect, it } from 'vitest';
import { similarIds } from '../../../../src/platform/desktop/suggest-apps.ts';

describe('similarIds', () => {
  const ids = ['firefox-esr', 'org.gnome.Calculator', 'org.gnome.gedit', 'org.kde.kcalc', 'org.mozilla.firefox'];

  it.each([
    ['gedit', ['org.gnome.gedit']],
    ['gnome.gedit', ['org.gnome.gedit']],
    ['Firefox', ['firefox-esr', 'org.mozilla.firefox']],
    ['firefox-ers', ['firefox-esr']],
    ['org.gnome.Gedti', ['org.gnome.gedit']],
    ['calculater', ['org.gnome.Calculator']],
    ['nosuch', []],
    ['fire', []],
  ])('%s may be %j', (name, near) => {
    expect(similarIds(name, ids)).toEqual(near);
  });

  it('are three at most', () => {
    expect(similarIds('app', ['app-a', 'app-b', 'app-c', 'app-d'])).toEqual(['app-a', 'app-b', 'app-c']);
  });
});
