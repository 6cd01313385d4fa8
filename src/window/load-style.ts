import Gdk from 'gi://Gdk?version=4.0';
import Gtk from 'gi://Gtk?version=4.0';
import { besideProgram } from './own-files.ts';
import style from './style.css';

/** Loads the window's own style, which adds to libadwaita's, and its icons, which a checkout has beside the program alone. */
export function loadStyle(): void {
  const display = Gdk.Display.get_default();
  if (display === null) return;
  const provider = new Gtk.CssProvider();
  loadText(provider, style);
  Gtk.StyleContext.add_provider_for_display(display, provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION);
  Gtk.IconTheme.get_for_display(display).add_search_path(besideProgram('window/icons'));
}

/** The call that this GTK has for a text: each of 4.8, 4.9 and 4.12 brought another one. */
function loadText(provider: Gtk.CssProvider, text: string): void {
  const calls = provider as unknown as {
    load_from_string(text: string): void;
    load_from_data(text: string, length?: number): void;
  };
  const version = Gtk.get_minor_version();
  if (version >= 12) calls.load_from_string(text);
  else if (version >= 9) calls.load_from_data(text, -1);
  else calls.load_from_data(text);
}
