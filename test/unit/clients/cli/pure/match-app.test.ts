import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AppMatch,
  didYouMean,
  matchApp,
  type NamedApp,
  searchApps,
} from '../../../../../src/clients/cli/pure/match-app.ts';

const app = (id: string, ...names: string[]): NamedApp => ({ id, names });
const desktop = [
  app('firefox-esr', 'Firefox ESR'),
  app('org.gnome.gedit', 'gedit'),
  app('org.gnome.TextEditor', 'Text Editor', 'Texteditor', 'Éditeur de texte'),
  app('org.gnome.Calculator', 'Calculator', 'Taschenrechner'),
  app('org.kde.kcalc', 'KCalc', 'Calculator'),
  app('org.gnome.Terminal', 'Terminal'),
  app('xfce4-terminal', 'Xfce Terminal'),
];
const idsOf = (match: AppMatch<NamedApp>) =>
  match.kind === 'one' ? match.app.id : (match.kind === 'several' ? match.apps : match.near).map(({ id }) => id);

describe('an app named on the command line', () => {
  it.each([
    ['an id', 'org.gnome.gedit', 'org.gnome.gedit'],
    ['an id with its suffix', 'org.gnome.gedit.desktop', 'org.gnome.gedit'],
    ['an id in other letters', 'ORG.gnome.Gedit', 'org.gnome.gedit'],
    ['the last part of an id', 'gedit', 'org.gnome.gedit'],
    ['the last parts of an id', 'gnome.terminal', 'org.gnome.Terminal'],
    ['what is before a dash in its id', 'Firefox', 'firefox-esr'],
    ['a name', 'Text Editor', 'org.gnome.TextEditor'],
    ['a name in other letters', 'firefox esr', 'firefox-esr'],
    ['a name in another language', 'taschenrechner', 'org.gnome.Calculator'],
    ['a name with dashes', 'text-editor', 'org.gnome.TextEditor'],
    ['a name with dashes, in another language', 'éditeur-de-texte', 'org.gnome.TextEditor'],
    ['a name without its blanks', 'xfceterminal', 'xfce4-terminal'],
    ['an id with blanks', 'Xfce4 Terminal', 'xfce4-terminal'],
    ['a name written with a combining accent', 'e\u0301diteur de texte', 'org.gnome.TextEditor'],
  ])('is found by %s', (_what, word, id) => {
    expect(matchApp(word, desktop)).toMatchObject({ kind: 'one', app: { id } });
  });

  it('is left to the user where a word means several', () => {
    expect(matchApp('calculator', desktop)).toMatchObject({ kind: 'several' });
    expect(idsOf(matchApp('calculator', desktop))).toEqual(['org.gnome.Calculator', 'org.kde.kcalc']);
  });

  it.each([
    ['firefix-esr', ['firefox-esr']],
    ['firefxo', ['firefox-esr']],
    ['gedti', ['org.gnome.gedit']],
    ['taschenrechnr', ['org.gnome.Calculator']],
    ['editor', ['org.gnome.TextEditor']],
    ['zzz', []],
    ['', []],
  ])('is suggested for %j', (word, near) => {
    expect(matchApp(word, desktop)).toMatchObject({ kind: 'none' });
    expect(idsOf(matchApp(word, desktop))).toEqual(near);
  });

  it('is not guessed where several ids have the word before a dash, or one has it as it is', () => {
    const variants = [app('firefox-esr'), app('firefox-beta')];
    expect(matchApp('firefox', variants).kind).toBe('none');
    expect(matchApp('firefox', [...variants, app('firefox')])).toMatchObject({ kind: 'one', app: { id: 'firefox' } });
    expect(matchApp('fire', desktop).kind).toBe('none');
    expect(matchApp('', [app('-x')]).kind).toBe('none');
  });

  it('is left to the user where words put together mean several, and is what a word says as it stands before that', () => {
    const two = [app('a.TextEditor'), app('b.x', 'Text Editor')];
    expect(matchApp('text-editor', two)).toEqual({ kind: 'several', apps: two });
    const exact = app('z.text-editor');
    expect(matchApp('text-editor', [...two, exact])).toEqual({ kind: 'one', app: exact });
    for (const word of ['-', '_ -']) expect(matchApp(word, [app('x', '--', ' '), app('a.b')]).kind, word).toBe('none');
  });

  it('is suggested for a part of it from three letters on, three at most, in the order of ids', () => {
    const many = ['d', 'b', 'c', 'a'].map((id) => app(`x.${id}`, 'Paint Works'));
    expect(idsOf(matchApp('int wo', many))).toEqual(['x.a', 'x.b', 'x.c']);
    expect(idsOf(matchApp('int', many))).toEqual(['x.a', 'x.b', 'x.c']);
    expect(idsOf(matchApp('in', many))).toEqual([]);
  });

  it('is not named by nothing', () => {
    for (const word of ['', ' ', '.desktop']) {
      expect(matchApp(word, [app('x', ''), app('a.'), app('-y')]), word).toMatchObject({ kind: 'none' });
    }
  });

  it('is what a part before a dash means only where nothing is called so, in any part of an id', () => {
    expect(idsOf(matchApp('firefox', [app('a.firefox'), app('b.firefox'), app('firefox-esr')]))).toEqual([
      'a.firefox',
      'b.firefox',
    ]);
    expect(matchApp('firefox', [app('org.x.firefox-esr')])).toMatchObject({ kind: 'one' });
  });

  it('is suggested once, by the first id, where several are called so', () => {
    expect(idsOf(matchApp('gedti', [app('b.gedit'), app('a.gedit')]))).toEqual(['a.gedit']);
  });

  it('is suggested by its id and its name', () => {
    expect(didYouMean([app('org.gnome.gedit', 'gedit')])).toBe('; did you mean org.gnome.gedit (gedit)?');
    expect(didYouMean([app('mpv', 'mpv'), app('org.x.Y')])).toBe('; did you mean mpv or org.x.Y?');
    expect(didYouMean([app('a', '')])).toBe('; did you mean a?');
    expect(didYouMean([])).toBe('');
  });

  it('is found by a part of anything when it is searched for', () => {
    expect(searchApps('TERM', desktop).map(({ id }) => id)).toEqual(['org.gnome.Terminal', 'xfce4-terminal']);
    expect(searchApps('rechner', desktop).map(({ id }) => id)).toEqual(['org.gnome.Calculator']);
    expect(searchApps('zzz', desktop)).toEqual([]);
  });

  const word = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('a', 'b', 'a.b', 'A', 'B a'));
  const apps = fc.uniqueArray(fc.record({ id: word, names: fc.array(word, { maxLength: 4 }) }), {
    selector: ({ id }) => id,
    maxLength: 8,
  });

  it('is the one with the exact id, whatever else there is', () => {
    fc.assert(
      fc.property(apps, fc.nat(), (all, index) => {
        const chosen = all[index % Math.max(1, all.length)];
        fc.pre(chosen !== undefined && !chosen.id.endsWith('.desktop'));
        expect(matchApp(chosen.id, all)).toEqual({ kind: 'one', app: chosen });
        expect(matchApp(`${chosen.id}.desktop`, all)).toEqual({ kind: 'one', app: chosen });
      }),
    );
  });

  it('is the same in whatever order they are listed', () => {
    fc.assert(
      fc.property(apps, word, fc.nat(), (all, typed, turn) => {
        const cut = turn % Math.max(1, all.length);
        const turned = [...all.slice(cut), ...all.slice(0, cut)].reverse();
        expect(matchApp(typed, turned)).toEqual(matchApp(typed, all));
      }),
    );
  });

  it('is one of several only if each of them alone would be meant, and none only if none alone would be', () => {
    fc.assert(
      fc.property(apps, word, (all, typed) => {
        const match = matchApp(typed, all);
        const alone = all.filter((one) => matchApp(typed, [one]).kind === 'one');
        if (match.kind === 'several') {
          expect(match.apps.length).toBeGreaterThan(1);
          expect(new Set(match.apps)).toEqual(new Set(alone));
        } else if (match.kind === 'one') expect(alone).toContain(match.app);
        else {
          expect(alone).toEqual([]);
          for (const near of match.near) expect(all).toContain(near);
        }
      }),
    );
  });

  it('is found by a name that no other app has, in any case', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'abcdefgh ÄöЖж'), minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(letters, apps, (name, others) => {
        fc.pre(name.trim() !== '');
        const chosen = app('the.chosen.one', name);
        fc.pre(others.every((one) => matchApp(name, [one]).kind === 'none' && one.id !== chosen.id));
        for (const typed of [name, name.toUpperCase(), name.toLowerCase(), ` ${name} `])
          expect(matchApp(typed, [...others, chosen])).toEqual({ kind: 'one', app: chosen });
      }),
    );
  });

  it('is suggested after a slip of a finger in a long name', () => {
    const long = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: 6, maxLength: 16 });
    fc.assert(
      fc.property(long, fc.nat(), (name, at) => {
        const place = at % (name.length - 1);
        const slip = name.slice(0, place) + (name[place + 1] ?? '') + (name[place] ?? '') + name.slice(place + 2);
        fc.pre(slip !== name);
        expect(matchApp(slip, [app(`org.x.${name}`)])).toEqual({ kind: 'none', near: [app(`org.x.${name}`)] });
      }),
    );
  });
});
