import Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';
import { changeLimit } from '../change-limit.ts';
import type { Surroundings } from '../page.ts';
import { peakOf } from '../pure/samples.ts';
import { limitRows, markMemory } from '../widgets/limit-group.ts';
import { translate as _, fill } from '../words.ts';

/** The limits of one instance, changed until it ends. */
export function openLimits(path: string, around: Surroundings): void {
  const { daemon } = around;
  const instance = daemon.instances.get(path);
  if (instance === undefined) return;
  const group = new Adw.PreferencesGroup({
    description: _('Changes hold at once, and until the app is closed.'),
  });
  const rows = limitRows((name, value) => void changeLimit([path], { name, value }, around));
  for (const row of Object.values(rows)) group.add(row.widget);
  const page = new Adw.PreferencesPage();
  page.add(group);
  const window = new Adw.Window({
    title: fill(_('Limits of {name}'), { name: instance.name }),
    transient_for: around.window,
    modal: true,
    default_width: 480,
    default_height: 420,
    destroy_with_parent: true,
  });
  const content = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
  content.append(new Adw.HeaderBar());
  page.set_vexpand(true);
  content.append(page);
  window.set_content(content);
  const show = () => {
    const now = daemon.instances.get(path);
    if (now === undefined) window.close();
    else for (const [name, row] of Object.entries(rows)) row.show(now.limits[name]);
  };
  const leave = daemon.on('instances', show);
  const shortcuts = new Gtk.ShortcutController();
  shortcuts.add_shortcut(
    new Gtk.Shortcut({
      trigger: Gtk.ShortcutTrigger.parse_string('Escape'),
      action: Gtk.NamedAction.new('window.close'),
    }),
  );
  window.add_controller(shortcuts);
  window.connect('close-request', () => {
    leave();
    return false;
  });
  show();
  void daemon
    .listUsage()
    .then((usage) => {
      markMemory(rows['memory-max'], peakOf(usage[path]));
    })
    .catch(() => {});
  window.present();
}
