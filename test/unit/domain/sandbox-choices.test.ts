import { describe, expect, it } from 'vitest';
import type { Setting } from '../../../src/domain/config/setting.ts';
import { mergeSections, resolveChoices, type SandboxSection, showSwitch } from '../../../src/domain/sandbox-choices.ts';

const set = <T>(value: T): Setting<T> => ({ value, origin: { kind: 'built-in' } });
function section(
  switches: Partial<Record<'network' | 'x11' | 'sound' | 'home', boolean>>,
  lists: Partial<Record<'shared-folders' | 'own-names', readonly string[]>> = {},
): SandboxSection {
  return {
    switches: new Map(Object.entries(switches).map(([key, value]) => [key as 'network', set(value)])),
    lists: new Map(Object.entries(lists).map(([key, words]) => [key as 'own-names', words.map(set)])),
  };
}
const shown = (one: SandboxSection | undefined) => ({
  switches: Object.fromEntries([...(one?.switches ?? [])].map(([key, { value }]) => [key, value])),
  lists: Object.fromEntries([...(one?.lists ?? [])].map(([key, words]) => [key, words.map(({ value }) => value)])),
});

describe('sections of two files under one name', () => {
  const above = section({ network: false, sound: true }, { 'shared-folders': ['/a'] });
  const below = section({ network: true, x11: false }, { 'shared-folders': ['/b'], 'own-names': ['org.x.Y'] });

  it('add their lists up, the lower file’s first, and the upper one’s switches win', () => {
    expect(shown(mergeSections(above, below))).toEqual({
      switches: { network: false, x11: false, sound: true },
      lists: { 'shared-folders': ['/b', '/a'], 'own-names': ['org.x.Y'] },
    });
  });

  it('are the one that there is', () => {
    expect(mergeSections(above, undefined)).toBe(above);
    expect(mergeSections(undefined, below)).toBe(below);
    expect(mergeSections(undefined, undefined)).toBeUndefined();
    expect(shown(mergeSections(section({}), section({})))).toEqual({ switches: {}, lists: {} });
  });
});

it('resolves to the documented defaults, the first section’s switches and all lists', () => {
  expect(resolveChoices([])).toEqual({
    ...{
      network: true,
      x11: true,
      wayland: true,
      sound: false,
      gpu: true,
      printing: false,
      home: true,
      'open-links': true,
    },
    lists: { 'shared-folders': [], 'pass-environment': [], 'own-names': [], 'talk-names': [] },
  });
  const layers = [
    undefined,
    section({ home: false }, { 'own-names': ['a.b'] }),
    section({ home: true, sound: true }, { 'own-names': ['c.d'] }),
  ];
  const { home, sound, lists } = resolveChoices(layers);
  expect([home, sound, lists['own-names'].map(({ value }) => value)]).toEqual([false, true, ['a.b', 'c.d']]);
});

it('writes a switch as the config has it', () => {
  expect([showSwitch('home', true), showSwitch('home', false)]).toEqual(['own', 'none']);
  expect([showSwitch('wayland', true), showSwitch('wayland', false)]).toEqual(['safe', 'unsafe']);
  expect([showSwitch('network', true), showSwitch('sound', false)]).toEqual(['true', 'false']);
});
