import type Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';

/** Gives what a row offers names for a screen reader: libadwaita 1.2 leaves the parts of its list without, which take the keyboard. */
export function nameChoices(row: Adw.ComboRow): void {
  const factory = new Gtk.SignalListItemFactory();
  // Never taken out: a handler of "unbind" would be called while a window that was closed is swept up, when no handler may be called.
  const items = new Set<Gtk.ListItem>();
  factory.connect('setup', (_factory, item) => {
    const box = new Gtk.Box({ spacing: 6 });
    box.append(new Gtk.Label({ xalign: 0 }));
    box.append(new Gtk.Image({ icon_name: 'object-select-symbolic' }));
    (item as Gtk.ListItem).set_child(box);
    items.add(item as Gtk.ListItem);
  });
  factory.connect('bind', (_factory, item) => show(row, item as Gtk.ListItem));
  row.connect('notify::selected', () => {
    for (const item of items) show(row, item);
  });
  row.set_list_factory(factory);
}

function show(row: Adw.ComboRow, item: Gtk.ListItem): void {
  const choice = item.get_item() as Gtk.StringObject | null;
  const box = item.get_child() as Gtk.Box | null;
  if (choice === null || box === null) return;
  (box.get_first_child() as Gtk.Label).set_label(choice.get_string());
  // Kept in its place, so that nothing moves.
  box.get_last_child()?.set_opacity(item.get_position() === row.get_selected() ? 1 : 0);
  box.get_parent()?.update_property([Gtk.AccessibleProperty.LABEL], [choice.get_string()]);
}
