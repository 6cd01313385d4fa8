import Gdk from 'gi://Gdk?version=4.0';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';

const noIcon = 'application-x-executable';
const known = new Map<string, string>();

/** The icon that a desktop entry names, by the entry's path: read when it is shown, as there may be thousands. */
export function iconOf(entry: string | undefined): string {
  if (entry === undefined || entry === '') return noIcon;
  const found = known.get(entry) ?? readIcon(entry);
  known.set(entry, found);
  return found;
}

/** Shows an icon by its name, or by its file's path. */
export function setIcon(image: Gtk.Image, icon: string): void {
  if (icon.startsWith('/')) image.set_from_gicon(Gio.FileIcon.new(Gio.File.new_for_path(icon)));
  // Not by a list of names: the theme's icon for all would come before the app's own in another theme.
  else image.set_from_icon_name(isThere(icon) ? icon : noIcon);
}

/** An image as rows have it. A screen reader has the name beside it. */
export function appImage(icon: string, pixelSize = 32): Gtk.Image {
  const image = new Gtk.Image({ pixel_size: pixelSize, accessible_role: Gtk.AccessibleRole.PRESENTATION });
  setIcon(image, icon);
  return image;
}

function isThere(icon: string): boolean {
  const display = Gdk.Display.get_default();
  return display !== null && Gtk.IconTheme.get_for_display(display).has_icon(icon);
}

function readIcon(path: string): string {
  try {
    const file = new GLib.KeyFile();
    file.load_from_file(path, GLib.KeyFileFlags.NONE);
    return file.get_string('Desktop Entry', 'Icon') || noIcon;
  } catch {
    return noIcon;
  }
}
