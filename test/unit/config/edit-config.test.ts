import { describe, expect, it } from 'vitest';
import { editConfig, previewEdit } from '../../../src/config/edit-config.ts';
import { type ConfigSection, literalOf, requireKey, sectionKeys } from '../../../src/config/pure/config-key.ts';
import { keysInText } from '../../../src/config/pure/edit-config-text.ts';
import type { ConfigSource } from '../../../src/domain/config/read-config.ts';

const file = '/own';
const app = { kind: 'app', name: 'firefox' } as const;

/** A file that is kept in memory. */
function ports(text: string, others: readonly ConfigSource[] = [], bad: Readonly<Record<string, string>> = {}) {
  const now = { text };
  return {
    now,
    file,
    judgeShares: (words: readonly string[]) => words.map((word) => bad[word]),
    sources: () => [...others, ...(now.text === '' ? [] : [{ path: file, text: now.text }])],
    async change(alter: (before: string, exists: boolean) => string) {
      const next = alter(now.text, now.text !== '');
      const changed = next !== now.text;
      now.text = next;
      return changed;
    },
  };
}

describe('editing the config', () => {
  it('adds no shared folder that could not be let in, and minds none that is there', async () => {
    const bad = { '~/gone': 'it does not exist', '~/.ssh': 'it is hidden' };
    const share = (value: readonly string[], section: ConfigSection = app) => ({
      section,
      key: 'shared-folders',
      value,
    });
    const own = () => ports('[app.firefox]\nshared-folders = ["~/gone"]\n', [], bad);
    for (const value of [['~/a'], ['~/a', '~/gone'], []]) {
      expect(await editConfig([share(value)], own())).toMatchObject({ changed: true });
    }
    await expect(editConfig([share(['~/a', '~/.ssh'])], own())).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: 'cannot set firefox shared-folders: "~/.ssh": it is hidden',
    });
    const profile = { kind: 'profile', name: 'strict' } as const;
    await expect(editConfig([share(['~/.ssh'], profile)], ports('', [], bad))).rejects.toMatchObject({
      message: 'cannot set profile.strict shared-folders: "~/.ssh": it is hidden',
    });
    // What a profile shares is not the app's edit.
    const shared = ports('[profile.strict]\nshared-folders = ["~/.ssh"]\n', [], bad);
    expect(await editConfig([share(['~/a'])], shared)).toMatchObject({ changed: true });
  });

  it('tells what was there before, and whether anything changed', async () => {
    const own = ports("[app.firefox]\nmemory-max = '2G'\n");
    const edit = { section: app, key: 'memory-max', value: '4G' };
    expect(await editConfig([edit], own)).toEqual({ changed: true, keys: [{ edit, before: "'2G'" }] });
    expect(await editConfig([edit], own)).toMatchObject({ changed: false });
    expect(own.now.text).toBe('[app.firefox]\nmemory-max = "4G"\n');
  });

  it('refuses a file that is faulty, and an edit that would make it so, with file and line', async () => {
    const edit = { section: app, key: 'profile', value: 'nope' };
    await expect(editConfig([edit], ports('[app.firefox]\n'))).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/^cannot set firefox profile: the file would be faulty then: \/own: line 2: /),
    });
    await expect(editConfig([edit], ports('a = 1\n'))).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/^cannot change \/own: line 1: a: unknown key.*; correct that first$/),
    });
  });

  it('takes the files of others as they are', async () => {
    const base = { path: '/etc', text: '[profile.browser]\nbase = "relaxed"\n' };
    const browser = { section: app, key: 'profile', value: 'browser' };
    expect((await editConfig([browser], ports('', [base]))).changed).toBe(true);
    // A fault that is there already, in a file that is not ours to correct, stands in nobody's way.
    const faulty = { path: '/etc', text: '[nope]\n' };
    const limit = { section: app, key: 'memory-max', value: '4G' };
    expect(previewEdit('', [limit], ports('', [faulty])).text).toBe('[app.firefox]\nmemory-max = "4G"\n');
  });

  it('finds an app by either of its names', () => {
    const text = '[app."firefox.desktop"]\nnetwork = true\n';
    expect(keysInText(text, app)).toEqual([{ section: app, key: 'network' }]);
    expect(keysInText(text, { kind: 'app', name: 'firefox.desktop' })).toHaveLength(1);
    expect(keysInText(text, { kind: 'profile', name: 'x' })).toEqual([]);
    expect(keysInText(text, { kind: 'top' })).toEqual([]);
  });
});

describe('values that people type', () => {
  const value = (key: string, ...words: string[]) => literalOf({ section: app, key }, words);
  it('become what TOML has for them', () => {
    expect(value('memory-max', '4G')).toBe('4G');
    expect(value('tasks-max', '4096')).toBe(4096n);
    expect(value('tasks-max', '04096')).toBe('04096');
    expect(value('network', 'false')).toBe(false);
    expect(value('shared-folders', '~/a', '~/b c')).toEqual(['~/a', '~/b c']);
    expect(value('profile', '7')).toBe('7');
  });

  it.each([
    ['memory-max', ['lots'], 'InvalidLimit'],
    ['memory-max', [], 'InvalidArgument'],
    ['memory-max', ['1G', '2G'], 'InvalidArgument'],
    ['network', ['no'], 'InvalidArgument'],
    ['shared-folders', [], 'InvalidArgument'],
  ])('are refused: %s %j', (key, words, code) => {
    expect(() => value(key, ...words)).toThrow(expect.objectContaining({ code }));
  });

  it('are for keys that there are', () => {
    for (const key of sectionKeys('app')) requireKey({ section: app, key });
    expect(() => requireKey({ section: app, key: 'base' })).toThrow(
      expect.objectContaining({ code: 'InvalidArgument' }),
    );
    expect(() => requireKey({ section: app, key: 'memmory-max' })).toThrow('did you mean memory-max?');
  });
});
