import { expect, it } from 'vitest';
import { enabledProfile } from '../../../../src/shadows/pure/enabled-profile.ts';

it('is the profile of the wish, with the place it comes from', () => {
  expect(enabledProfile('a.desktop', { profile: 'mine' }, '/manifest.json')).toEqual({
    value: 'mine',
    origin: { kind: 'file', path: '/manifest.json', line: 1, key: 'apps."a.desktop".profile' },
  });
});

it('is none where there is no wish, or one without a profile', () => {
  expect(enabledProfile('a.desktop', undefined, '/manifest.json')).toBeUndefined();
  expect(enabledProfile('a.desktop', { autostart: true }, '/manifest.json')).toBeUndefined();
});
