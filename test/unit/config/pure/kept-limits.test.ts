import { describe, expect, it } from 'vitest';
import type { ConfigEdit } from '../../../../src/config/pure/edit-config-text.ts';
import { editConfigText, writtenValue } from '../../../../src/config/pure/edit-config-text.ts';
import {
  type KeptLimits,
  noKeptLimits,
  parseKeptLimits,
  takeBack,
  withEmptyFile,
  withFolders,
  withKept,
  withoutKept,
  withoutTouched,
} from '../../../../src/config/pure/kept-limits.ts';

const section = { kind: 'app', name: 'firefox' } as const;
const set = (key: string, value: ConfigEdit['value']): ConfigEdit => ({ section, key, value });

/** What "enable" does: the text with the limits, and the record of them. */
function enable(text: string, record: KeptLimits, ...edits: ConfigEdit[]): [string, KeptLimits] {
  const keys = edits.map((edit) => ({ edit, before: writtenValue(text, edit) }));
  return [editConfigText(text, edits), withKept(record, 'firefox', keys)];
}

function disable(text: string, record: KeptLimits): { text: string; changed: readonly string[] } {
  const { edits, changed } = takeBack(text, record, 'firefox');
  return { text: editConfigText(text, edits), changed };
}

describe('limits that enable has set', () => {
  const mine = "[app.'firefox.desktop']\nmemory-max = '2G' # mine\n";
  const none = noKeptLimits('/c');

  it('are taken back to the byte', () => {
    const [text, record] = enable(mine, none, set('memory-max', '4G'), set('tasks-max', 9n));
    expect(text).toBe('[app.\'firefox.desktop\']\nmemory-max = "4G" # mine\ntasks-max = 9\n');
    expect(disable(text, record)).toEqual({ text: mine, changed: [] });
    expect(parseKeptLimits('/r', JSON.stringify(record))).toEqual(record);
  });

  it('go back to what stood there before the first time', () => {
    const [once, first] = enable(mine, none, set('memory-max', '4G'));
    const [twice, second] = enable(once, first, set('memory-max', '6G'));
    expect(disable(twice, second).text).toBe(mine);
  });

  it('stay when they were changed, and are no limits of ours when they stood there already', () => {
    const [text, record] = enable(mine, none, set('memory-max', '4G'), set('tasks-max', 9n));
    const edited = text.replace('"4G"', '"5G"');
    expect(disable(edited, record)).toEqual({ text: edited.replace('tasks-max = 9\n', ''), changed: ['memory-max'] });
    expect(disable('', record)).toEqual({ text: '', changed: [] });
    expect(enable('[app.firefox]\nmemory-max = "4G"\n', none, set('memory-max', '4G'))[1]).toEqual(none);
  });

  it('are the user’s once the user has set them', () => {
    const [, record] = enable(mine, none, set('memory-max', '4G'), set('tasks-max', 9n));
    const left = withoutTouched(record, [set('memory-max', '4G')]);
    expect(Object.keys(left.apps['firefox'] ?? {})).toEqual(['tasks-max']);
    expect(withoutTouched(left, [set('tasks-max', 9n)])).toEqual(none);
    expect(withoutKept(record, ['firefox'])).toEqual(none);
  });

  it('are those that enable has set, and no key that it takes out', () => {
    expect(withKept(none, 'firefox', [{ edit: set('memory-max', undefined), before: '"2G"' }])).toEqual(none);
    const [text, record] = enable('[app.firefox]\n', none, set('memory-max', '4G'));
    expect(record.apps).toStrictEqual({ firefox: { 'memory-max': { set: '"4G"' } } });
    // Set again to what it is: it stays ours.
    expect(enable(text, record, set('memory-max', '4G'))[1]).toEqual(record);
    // The user's own since, and set to that by us: nothing is ours any more.
    const edited = text.replace('4G', '5G');
    expect(enable(edited, record, set('memory-max', '6G'))[1].apps).toEqual({
      firefox: { 'memory-max': { set: '"6G"', before: '"5G"' } },
    });
  });

  it('of other apps stay', () => {
    const other = withKept(none, 'gimp', [{ edit: set('tasks-max', 9n), before: undefined }]);
    const both = withKept(other, 'firefox', [{ edit: set('tasks-max', 7n), before: '5' }]);
    expect(Object.keys(both.apps)).toEqual(['gimp', 'firefox']);
    expect(withoutKept(both, ['firefox'])).toEqual(other);
    expect(withoutTouched(both, [set('tasks-max', 7n)])).toEqual(other);
    const gone = { section: { kind: 'profile', name: 'firefox' } as const, key: 'tasks-max', value: 7n };
    expect(withoutTouched(both, [gone])).toEqual(both);
    expect(takeBack('', both, 'nobody')).toEqual({ edits: [], changed: [] });
    expect(withoutTouched(both, [set('memory-max', '1G')])).toEqual(both);
  });

  it('remember a file that was there, empty, before the first of them', () => {
    const empty = withEmptyFile(none);
    expect(empty).toEqual({ ...none, wasEmpty: true });
    expect(parseKeptLimits('/r', JSON.stringify(empty))).toEqual(empty);
    const later = withKept(empty, 'firefox', [{ edit: set('tasks-max', 9n), before: undefined }]);
    expect(later.wasEmpty).toBe(true);
    const filled = withKept(none, 'firefox', [{ edit: set('tasks-max', 9n), before: undefined }]);
    expect(withEmptyFile(filled)).toEqual(filled);
  });

  it('remember the folders that were made for the file, the outermost first and each once', () => {
    expect(withFolders(none, [])).toEqual(none);
    const made = withFolders(none, ['/c/a/b']);
    expect(made).toEqual({ ...none, folders: ['/c/a/b'] });
    expect(withFolders(made, []).folders).toEqual(['/c/a/b']);
    expect(withFolders(made, ['/c/a', '/c/a/b']).folders).toEqual(['/c/a', '/c/a/b']);
  });

  it('are not read from what is no record', () => {
    for (const text of ['', '{}', '{"format":2,"file":"/c","apps":{}}']) {
      expect(() => parseKeptLimits('/r', text)).toThrow(
        expect.objectContaining({ code: 'Failed', message: 'cannot read /r: it is damaged; move it away' }),
      );
    }
  });
});
