import { describe, expect, it } from 'vitest';
import { parseDesktopEntry } from '../../../../src/domain/desktop-entry/parse.ts';
import { currentDesktops, shouldShow } from '../../../../src/domain/desktop-entry/should-show.ts';

const show = (lines: string, desktops?: string) =>
  shouldShow(parseDesktopEntry(`[Desktop Entry]\nType=Application\nExec=app\n${lines}\n`), {
    desktops: currentDesktops(desktops),
    hasProgram: (program) => program === 'there',
  });

describe('whether a menu shows an entry', () => {
  const cases: [string, string | undefined, boolean][] = [
    ['', 'GNOME', true],
    ['NoDisplay=true', 'GNOME', false],
    ['Hidden=true', 'GNOME', false],
    ['Type=Link', 'GNOME', false],
    ['TryExec=there', 'GNOME', true],
    ['TryExec=gone', 'GNOME', false],
    ['OnlyShowIn=GNOME;KDE;', 'GNOME', true],
    ['OnlyShowIn=KDE;', 'GNOME', false],
    ['OnlyShowIn=', 'GNOME', false],
    ['NotShowIn=GNOME;', 'GNOME', false],
    ['NotShowIn=KDE;', 'GNOME', true],
    // The first desktop that a list names decides.
    ['OnlyShowIn=GNOME;\nNotShowIn=GNOME-Classic;', 'GNOME-Classic:GNOME', false],
    ['OnlyShowIn=GNOME-Classic;\nNotShowIn=GNOME;', 'GNOME-Classic:GNOME', true],
    // Before the desktop has told the user manager which one it is, every one may be meant.
    ['OnlyShowIn=KDE;', undefined, true],
    ['NotShowIn=KDE;', '', true],
  ];
  it('goes by names of desktops alone', () => {
    expect(currentDesktops('GNOME-Classic:GNOME_2')).toEqual(['GNOME-Classic', 'GNOME_2']);
    expect(currentDesktops('GNOME::K DE:X/Y')).toEqual(['GNOME']);
    expect(currentDesktops(':')).toBeUndefined();
  });

  it('shows an entry that says so of itself, and none that does not say that it is an application', () => {
    expect(show('NoDisplay=false\nHidden=false\nTryExec=', 'GNOME')).toBe(true);
    expect(show('OnlyShowIn=GNOME;\nNotShowIn=GNOME;', 'GNOME')).toBe(true);
    const facts = { desktops: undefined, hasProgram: () => true };
    expect(shouldShow(parseDesktopEntry('[Desktop Entry]\nExec=app\n'), facts)).toBe(false);
    expect(shouldShow(parseDesktopEntry('[Other]\nType=Application\n'), facts)).toBe(false);
  });

  it.each(cases)('%j in %s: %s', (lines, desktops, shown) => expect(show(lines, desktops)).toBe(shown));
});
