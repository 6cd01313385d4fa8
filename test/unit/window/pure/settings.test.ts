import { expect, it } from 'vitest';
import { folderWord, isOn, isStrict, itemsOf, settingOf, settingsFrom } from '../../../../src/window/pure/settings.ts';

const settings = settingsFrom([
  { key: 'profile', value: 'mine', origin: 'built-in' },
  { key: 'shared-folders', value: '~/A', origin: 'x' },
  { key: 'shared-folders', value: '~/B:ro', origin: 'x' },
]);

it('reads the rows of GetConfig, and has no text for what a row does not tell', () => {
  expect(settings[0]).toEqual({ key: 'profile', value: 'mine', origin: 'built-in' });
  expect(settingsFrom([{}])).toEqual([{ key: '', value: '', origin: '' }]);
});

it('finds a value and the items of a list', () => {
  expect(settingOf(settings, 'profile')).toBe('mine');
  expect(settingOf(settings, 'network')).toBeUndefined();
  expect(itemsOf(settings, 'shared-folders')).toEqual(['~/A', '~/B:ro']);
});

it('shows a switch that nothing sets as the sandbox has it by itself', () => {
  expect(isOn(settings, 'network')).toBe(true);
  expect(isOn(settings, 'sound')).toBe(false);
  expect(isOn(settings, 'printing')).toBe(false);
  expect(isOn(settingsFrom([{ key: 'network', value: 'false' }]), 'network')).toBe(false);
  expect(isOn(settingsFrom([{ key: 'sound', value: 'true' }]), 'sound')).toBe(true);
});

it('knows a profile that is built on strict, over others too', () => {
  const profiles = { strict: {}, mine: { base: 'safe' }, safe: { base: 'strict' }, loop: { base: 'loop' } };
  expect(['strict', 'mine', 'loop', 'gone'].map((name) => isStrict(profiles, name))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

it('writes a folder of the home as one would by hand', () => {
  expect(folderWord('/home/a/Music', '/home/a')).toBe('~/Music');
  expect(folderWord('/home/ab', '/home/a')).toBe('/home/ab');
});
