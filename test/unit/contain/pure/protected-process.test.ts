import { describe, expect, it } from 'vitest';
import { sessionPiece } from '../../../../src/contain/pure/protected-process.ts';

describe('sessionPiece', () => {
  it.each([
    ["the user's systemd", ['systemd', '(sd-pam)', 'systemd-executor']],
    ['the message bus', ['dbus-daemon', 'dbus-broker', 'dbus-broker-launch']],
    ['the display server', ['Xorg', 'X', 'Xwayland']],
    ['the desktop itself', ['gnome-shell', 'kwin_wayland', 'kwin_wayland_wrapper', 'plasmashell', 'sway', 'Hyprland']],
    ['the session of the desktop', ['gnome-session-binary', 'gsd-media-keys', 'startplasma-wayland', 'ksmserver']],
  ])('knows %s', (what, programs) => {
    for (const program of programs) {
      expect(sessionPiece([program]), program).toBe(what);
      // As the kernel has it where the executable may not be read (proc(5), comm).
      expect(sessionPiece([program.slice(0, 15)]), program.slice(0, 15)).toBe(what);
    }
  });

  it('knows a piece by its executable and by its own name', () => {
    expect(sessionPiece(['python3.11', 'gnome-shell'])).toBe('the desktop itself');
    expect(sessionPiece(['gnome-shell', 'renamed'])).toBe('the desktop itself');
  });

  it.each([
    'systemd-run',
    'systemd-inhibit',
    'bash',
    'X11',
    'firefox',
    'gnome-shell-extension-prefs',
    'my-gnome-shell',
    'swayimg',
    '',
  ])('leaves %j alone', (program) => expect(sessionPiece([program])).toBeUndefined());

  it('takes a process without any name for nothing of the session', () => expect(sessionPiece([])).toBeUndefined());
});
