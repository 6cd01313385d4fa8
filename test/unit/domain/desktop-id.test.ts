import { describe, expect, it } from 'vitest';
import { parseDesktopId } from '../../../src/domain/desktop-id.ts';
import { isRingfenceError } from '../../../src/domain/errors.ts';

describe('parseDesktopId', () => {
  it.each([
    ['firefox', 'firefox.desktop', 'firefox'],
    ['firefox.desktop', 'firefox.desktop', 'firefox'],
    ['org.gnome.gedit', 'org.gnome.gedit.desktop', 'org.gnome.gedit'],
    ['Half-Life 2.desktop', 'Half-Life 2.desktop', 'Half-Life 2'],
    ['größe', 'größe.desktop', 'größe'],
    ['x'.repeat(247), `${'x'.repeat(247)}.desktop`, 'x'.repeat(247)],
  ])('reads %j', (text, id, name) => {
    expect(parseDesktopId(text)).toEqual({ id, name });
  });

  it.each([
    '',
    '.desktop',
    'a/b',
    '/usr/share/applications/a.desktop',
    '..',
    '.hidden',
    'kde-..-x',
    'a\nb',
    'a\0b',
    'a\u0085',
    '\ud800',
    'x'.repeat(248),
    'é'.repeat(124),
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseDesktopId(text))).toBe('InvalidArgument');
  });

  it.each([
    ['', '""', 'it is empty'],
    ['a/b', '"a/b"', 'it contains a slash; give the name of the .desktop file, not its path'],
    ['.a', '".a"', 'it starts with a dot'],
    ['a-..-b', '"a-..-b"', 'it contains ".."'],
    ['a\tb', '"a\\tb"', 'it contains a control character'],
    ['\ud800', '"\\ud800"', 'it is not valid Unicode'],
    ['x'.repeat(248), `"${'x'.repeat(80)}…"`, 'it is longer than 255 bytes'],
    [
      `/${'x'.repeat(79)}`,
      `"/${'x'.repeat(79)}"`,
      'it contains a slash; give the name of the .desktop file, not its path',
    ],
  ])('says why it refuses %j', (text, shown, fault) => {
    expect(() => parseDesktopId(text)).toThrow(`cannot use ${shown} as an app id: ${fault}`);
  });
});

function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
  } catch (error) {
    if (isRingfenceError(error)) return error.code;
    throw error;
  }
  return undefined;
}
