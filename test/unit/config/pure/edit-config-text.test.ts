import { describe, expect, it } from 'vitest';
import {
  describeEdit,
  editConfigText,
  keysInText,
  writtenValue,
} from '../../../../src/config/pure/edit-config-text.ts';

const text = [
  'default-profile = "relaxed"',
  '[app."firefox.desktop"]',
  "memory-max = '4G' # mine",
  'network = true',
  '',
  '[profile.web]',
  'base = "strict"',
  '',
].join('\n');
const app = (name: string) => ({ kind: 'app', name }) as const;
const web = { kind: 'profile', name: 'web' } as const;

describe('a config file by its sections', () => {
  it('has an app by its id, with ".desktop" or without', () => {
    for (const name of ['firefox', 'firefox.desktop']) {
      expect(writtenValue(text, { section: app(name), key: 'memory-max' })).toBe("'4G'");
      expect(keysInText(text, app(name)).map(({ key }) => key)).toEqual(['memory-max', 'network']);
    }
  });

  it('has profiles and the top', () => {
    expect(writtenValue(text, { section: web, key: 'base' })).toBe('"strict"');
    expect(writtenValue(text, { section: { kind: 'top' }, key: 'default-profile' })).toBe('"relaxed"');
    expect(keysInText(text, web)).toEqual([{ section: web, key: 'base' }]);
    expect(keysInText(text, { kind: 'top' })).toEqual([]);
    const desktop = { kind: 'desktop' } as const;
    const notifications = { kind: 'notifications' } as const;
    expect(editConfigText('', [{ section: notifications, key: 'cpu-limit', value: false }])).toBe(
      '[notifications]\ncpu-limit = false\n',
    );
    expect(keysInText('[desktop]\napps-memory-max = "80%"\n', desktop)).toEqual([
      { section: desktop, key: 'apps-memory-max' },
    ]);
    expect(keysInText(text, desktop)).toEqual([]);
  });

  it('has nothing that is not there', () => {
    expect(writtenValue(text, { section: app('gimp'), key: 'network' })).toBeUndefined();
    expect(keysInText(text, app('gimp'))).toEqual([]);
    expect(keysInText('', web)).toEqual([]);
    expect(keysInText('app = 1\n', app('gimp'))).toEqual([]);
  });

  it('is edited one change after the other, an app’s under the name it has', () => {
    const edited = editConfigText(text, [
      { section: app('firefox'), key: 'memory-max', value: '2G' },
      { section: app('firefox'), key: 'network' },
      { section: { kind: 'top' }, key: 'default-profile', value: 'web' },
      { section: app('gimp.desktop'), key: 'tasks-max', value: 9n },
    ]);
    expect(edited).toBe(
      [
        'default-profile = "web"',
        '[app."firefox.desktop"]',
        'memory-max = "2G" # mine',
        '',
        '[app.gimp]',
        'tasks-max = 9',
        '',
        '[profile.web]',
        'base = "strict"',
        '',
      ].join('\n'),
    );
  });

  it('is told in words', () => {
    expect(describeEdit({ section: app('firefox'), key: 'x11', value: false })).toBe('set firefox x11');
    expect(describeEdit({ section: web, key: 'base' })).toBe('unset profile.web base');
  });
});
