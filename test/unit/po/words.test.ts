import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error it is a script of the build, in JavaScript
import * as po from '../../../po/po.mjs';

interface Words {
  readonly words: ReadonlyMap<string, { readonly plural?: string; readonly texts: readonly string[] }>;
}
const extract = po.extract as () => ReadonlyMap<string, { readonly plural?: string }>;
const readPo = po.readPo as (language: string) => Words;
const calls = po.calls as (source: string) => { id: string; plural?: string }[];
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe.each(po.languages() as string[])('%s', (language) => {
  const { words } = readPo(language);

  it('has every text of the window, and no other: "node po/po.mjs" brings it up to date', () => {
    expect([...words.keys()].sort()).toEqual([...extract().keys()].sort());
  });

  it('keeps what is filled in, and the ends of texts', () => {
    for (const [id, { texts }] of words) {
      for (const text of texts) {
        expect(placeholders(text), text).toEqual(placeholders(id));
        expect(text.trim(), text).toBe(text);
        expect(/[.…?!:;]$/.exec(text)?.[0], text).toBe(/[.…?!:;]$/.exec(id)?.[0]);
      }
    }
  });

  it('becomes a catalogue that gettext reads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'words-'));
    try {
      writeFileSync(join(folder, 'words.mo'), po.moBytes(readPo(language)));
      const script =
        'import gettext, json, sys; t = gettext.GNUTranslations(open(sys.argv[1], "rb")); ' +
        'print(json.dumps([t.gettext(one) for one in json.loads(sys.argv[2])]))';
      const single = [...words].filter(([, { plural }]) => plural === undefined);
      const asked = JSON.stringify(single.map(([id]) => id));
      const said = execFileSync('python3', ['-c', script, join(folder, 'words.mo'), asked], { encoding: 'utf8' });
      expect(JSON.parse(said)).toEqual(single.map(([, { texts }]) => texts[0]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the search for texts', () => {
  it('finds them as they are written', () => {
    const source = `_('one'); fill(_("it's"), {}); _(\n  'long',\n); translatePlural('{n} task', '{n} tasks', n); x._('no')`;
    expect(calls(source)).toEqual([
      { id: 'one' },
      { id: "it's" },
      { id: 'long' },
      { id: '{n} task', plural: '{n} tasks' },
    ]);
  });

  it.each(['_(text)', "_('a' + b)"])('refuses %s, which nobody can translate', (source) => {
    expect(() => calls(source)).toThrow('nobody can translate');
  });
});
