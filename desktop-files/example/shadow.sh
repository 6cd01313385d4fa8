#!/bin/sh
# What the icon of org.example.Notes.desktop runs, by Ringfence
# X-Ringfence-Source=/usr/share/applications/org.example.Notes.desktop
ringfence_client=/usr/bin/ringfence-open ringfence_status=127
[ ! -r "$ringfence_client" ] || { . "$ringfence_client"; ringfence_status=$?; }
case $ringfence_status in 75 | 127) ;; *) exit "$ringfence_status" ;; esac
ringfence_action= ringfence_strict=
until [ "$1" = -- ]; do
  case $1 in
    --action=*) ringfence_action=${1#*=} ;;
    --strict) ringfence_strict=1 ;;
  esac
  shift || exit
done
shift
if [ -n "$ringfence_strict" ]; then
if [ "$ringfence_status" = 127 ]; then
  (notify-send -a Ringfence -- 'Notes was not started' 'it may run in a strict fence only, and Ringfence is gone; install it again'; logger -t ringfence -- 'org.example.Notes.desktop: not started: it may run in a strict fence only, and Ringfence is gone; install it again') >/dev/null 2>&1 &
  t=${XDG_ACTIVATION_TOKEN:-$DESKTOP_STARTUP_ID}
  ([ -z "$t" ] || gjs -c 'const [token] = ARGV; const { GLib } = imports.gi; GLib.setenv("XDG_ACTIVATION_TOKEN", token, true); for (const version of ["4.0", "3.0"]) try { imports.gi.versions.Gtk = version; const { Gdk, Gtk } = imports.gi; Gtk.init(null); const display = Gdk.Display.get_default(); display.notify_startup_complete(token); if (/Wayland/.test(display.constructor.name)) { const window = new Gtk.Window({ decorated: false, opacity: 0 }); const loop = new GLib.MainLoop(null, false); window.connect("notify::is-active", () => loop.quit()); GLib.timeout_add(0, 2000, () => loop.quit()); window.present(); loop.run(); } display.sync(); break; } catch {}' "$t") >/dev/null 2>&1 &
fi
exit "$ringfence_status"
fi
if [ "$ringfence_status" = 127 ]; then
  (notify-send -a Ringfence -- 'Notes was started without its fence' 'Ringfence is gone; install it again to have the fence back'; logger -t ringfence -- 'org.example.Notes.desktop: started without its fence: Ringfence is gone; install it again to have the fence back') >/dev/null 2>&1 &
fi
[ "$ringfence_action" != new-note ] || exec notes --new "$@"
exec notes --open "$@"
