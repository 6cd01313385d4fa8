import Gtk from 'gi://Gtk?version=4.0';
import { translate as _ } from './words.ts';

/** The window of all keyboard shortcuts. */
export function showShortcuts(window: Gtk.Window): void {
  const rows: readonly [string, string][] = [
    ['<Alt>1', _('Show what runs')],
    ['<Alt>2', _('Show apps')],
    ['<Alt>3', _('Show this computer')],
    ['<Control>f', _('Search apps')],
    ['<Alt>Left', _('Back')],
    ['<Control>comma', _('Preferences')],
    ['<Control>question', _('Show keyboard shortcuts')],
    ['<Control>w', _('Close the window')],
    ['<Control>q', _('Quit')],
  ];
  const shown = rows
    .map(
      ([keys, title]) =>
        `<child><object class="GtkShortcutsShortcut"><property name="accelerator">${escaped(keys)}</property>` +
        `<property name="title">${escaped(title)}</property></object></child>`,
    )
    .join('');
  // Sections and groups are given their children by a builder alone.
  const builder = Gtk.Builder.new_from_string(
    `<interface><object class="GtkShortcutsWindow" id="window"><property name="modal">1</property><child><object class="GtkShortcutsSection"><child><object class="GtkShortcutsGroup"><property name="title">Ringfence</property>${shown}</object></child></object></child></object></interface>`,
    -1,
  );
  const shortcuts = builder.get_object('window') as Gtk.ShortcutsWindow;
  shortcuts.set_transient_for(window);
  shortcuts.present();
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
