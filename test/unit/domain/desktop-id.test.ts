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
