/**
 * What a session piece is, in the user's words, when a process must stay where it is: the user's systemd, the bus, the display
 * server, the desktop's shell and its session. `programs` are the names a process is known by: its executable's and its own.
 * Undefined for everything else.
 */
export function sessionPiece(programs: readonly string[]): string | undefined {
  for (const [what, known] of pieces) if (programs.some((program) => known.test(program))) return what;
  return undefined;
}

// A process's own name is cut to 15 bytes (proc(5), comm), so long names are matched by their beginning.
const pieces: readonly (readonly [what: string, known: RegExp])[] = [
  ["the user's systemd", /^(systemd|systemd-execut.*|\(sd-pam\))$/],
  ['the message bus', /^(dbus-daemon|dbus-broker.*)$/],
  ['the display server', /^(Xorg|Xorg\.bin|X|Xwayland)$/],
  [
    'the desktop itself',
    /^(gnome-shell|mutter|kwin_wayland.*|kwin_x11|plasmashell|cinnamon|muffin|xfwm4|marco|metacity|sway|Hyprland|niri|river|labwc|weston|wayfire|cosmic-comp)$/,
  ],
  [
    'the session of the desktop',
    /^(gnome-session.*|gsd-.*|startplasma-.*|plasma_session|ksmserver|xfce4-session|mate-session|cinnamon-sessio.*|lxsession|lxqt-session|cosmic-session|gdm-.*|sddm-helper.*)$/,
  ],
];
