import { describe, expect, it } from 'vitest';
import { judgeBusCall, judgeBusName, ownNamesOf } from '../../../src/domain/bus-names.ts';

describe('the names that an app owns unasked', () => {
  it.each<[appId: string, names: readonly string[]]>([
    [
      'org.test.App',
      [
        'org.test.App.*',
        'org.mpris.MediaPlayer2.org.test.App.*',
        'org.mpris.MediaPlayer2.App.*',
        'org.mpris.MediaPlayer2.app.*',
      ],
    ],
    ['vlc', ['org.mpris.MediaPlayer2.vlc.*']],
    ['a b', []],
    [
      'org.gnome.Shell',
      ['org.mpris.MediaPlayer2.org.gnome.Shell.*', 'org.mpris.MediaPlayer2.Shell.*', 'org.mpris.MediaPlayer2.shell.*'],
    ],
    // One that would let it pose as a part of the session.
    [
      'org.freedesktop.Notifications',
      [
        'org.mpris.MediaPlayer2.org.freedesktop.Notifications.*',
        'org.mpris.MediaPlayer2.Notifications.*',
        'org.mpris.MediaPlayer2.notifications.*',
      ],
    ],
  ])('of %s are %j', (appId, names) => expect(ownNamesOf(appId)).toEqual(names));
});

// D-Bus specification, "Bus names": 255 bytes at most.
it('takes a name as long as a bus name may be, and no longer', () => {
  const name = (length: number) => `a.${'b'.repeat(length - 2)}`;
  expect(judgeBusName(name(255), 'talk')).toBeUndefined();
  expect(judgeBusName(name(256), 'talk')).toBe(
    `"${name(256)}" is not a bus name such as "org.example.App" or "org.example.App.*"`,
  );
});

describe('the calls that a config may allow', () => {
  it.each([
    'org.a.B=org.a.I.*@/',
    'org.a.B=org.a.I.*@/*',
    'org.a.B=org.a.I.Method@/org/a',
    'org.a.B=org.a.I.*@/org/a/*',
    'org.a.B.*=org.a.I.*@/a_1',
  ])('are such as %s', (word) => expect(judgeBusCall(word)).toBeUndefined());

  const shape = (word: string) =>
    `"${word}" must say what may be called, such as "org.example.App=org.example.Interface.*@/org/example/App"`;
  const path = (word: string, of: string) => `"${word}": "${of}" is no object path`;
  it.each([
    ['', shape('')],
    ['org.a.B', shape('org.a.B')],
    ['org.a.B=org.a.I.*', shape('org.a.B=org.a.I.*')],
    ['=org.a.I.*@/a', shape('=org.a.I.*@/a')],
    ['=org.a.B=org.a.I.*@/a', shape('=org.a.B=org.a.I.*@/a')],
    ['org.a.B=org.a.I.*@a/b', shape('org.a.B=org.a.I.*@a/b')],
    ['org.a.B=org.a.I.*@/a\nb', shape('org.a.B=org.a.I.*@/a\nb')],
    ['B=org.a.I.*@/a', '"B" is not a bus name such as "org.example.App" or "org.example.App.*"'],
    ['org.a.B=*@/a', '"org.a.B=*@/a": "*" is no interface such as "org.example.Interface.*"'],
    ['org.a.B=I.*@/a', '"org.a.B=I.*@/a": "I.*" is no interface such as "org.example.Interface.*"'],
    ['org.a.B=org.a.I.*@/a/', path('org.a.B=org.a.I.*@/a/', '/a/')],
    ['org.a.B=org.a.I.*@//a', path('org.a.B=org.a.I.*@//a', '//a')],
    ['org.a.B=org.a.I.*@/a-b', path('org.a.B=org.a.I.*@/a-b', '/a-b')],
    ['org.a.B=org.a.I.*@/a*', path('org.a.B=org.a.I.*@/a*', '/a*')],
    ['org.a.B=org.a.I.*@/-/a', path('org.a.B=org.a.I.*@/-/a', '/-/a')],
    [
      'org.gnome.Shell=org.a.I.*@/a',
      '"org.gnome.Shell" would reach org.gnome.Shell, which lets an app start programs outside the sandbox',
    ],
  ])('are not %j', (word, reason) => expect(judgeBusCall(word)).toBe(reason));
});
