import Adw from 'gi://Adw?version=1';
import Gio from 'gi://Gio?version=2.0';
import GObject from 'gi://GObject?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import type { Surroundings } from '../page.ts';
import { type App, matching } from '../pure/apps.ts';
import { translate as _ } from '../words.ts';
import type { AppList } from './app-list.ts';
import { AppRow } from './app-row.ts';

/** An app in a list model. */
class AppItem extends GObject.Object {
  static {
    GObject.registerClass({ GTypeName: 'RingfenceAppItem' }, AppItem);
  }
  app: App | undefined;
}

/** Every app with a switch, to be searched and filtered. */
export class AppsPage {
  readonly widget = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
  readonly #around: Surroundings;
  readonly #apps: AppList;
  readonly #store = Gio.ListStore.new(AppItem.$gtype);
  readonly #search = new Gtk.SearchEntry({ hexpand: true, placeholder_text: _('Search apps') });
  readonly #onlyEnabled = new Gtk.ToggleButton({ label: _('Enabled') });
  readonly #stack = new Gtk.Stack();

  constructor(around: Surroundings, apps: AppList) {
    this.#around = around;
    this.#apps = apps;
    const head = new Gtk.Box({ spacing: 6, margin_top: 12, margin_bottom: 12, margin_start: 12, margin_end: 12 });
    this.#search.update_property([Gtk.AccessibleProperty.LABEL], [_('Search apps')]);
    this.#onlyEnabled.set_tooltip_text(_('Show only apps that start in their fence'));
    head.append(this.#search);
    head.append(this.#onlyEnabled);
    this.widget.append(new Adw.Clamp({ maximum_size: 700, child: head }));
    this.#search.connect('search-changed', () => this.#show());
    this.#onlyEnabled.connect('toggled', () => this.#show());
    this.#stack.add_named(
      new Adw.StatusPage({ icon_name: 'system-search-symbolic', title: _('No App Found'), vexpand: true }),
      'empty',
    );
    this.#stack.add_named(this.#list(), 'list');
    this.#stack.set_vexpand(true);
    this.widget.append(this.#stack);
    apps.onChange(() => this.#show());
  }

  focusSearch(): void {
    this.#search.grab_focus();
  }

  #list(): Gtk.Widget {
    const factory = new Gtk.SignalListItemFactory();
    factory.connect('setup', (_factory, item) => (item as Gtk.ListItem).set_child(new AppRow(this.#around)));
    factory.connect('bind', (_factory, item) => this.#bind(item as Gtk.ListItem));
    const view = new Gtk.ListView({
      model: new Gtk.NoSelection({ model: this.#store }),
      factory,
      single_click_activate: true,
      show_separators: true,
      css_classes: ['app-list'],
    });
    view.update_property([Gtk.AccessibleProperty.LABEL], [_('Apps')]);
    view.connect('activate', (_view, position) => {
      const app = (this.#store.get_item(position) as AppItem | null)?.app;
      if (app !== undefined) this.#around.showApp(app.id);
    });
    const clamp = new Adw.ClampScrollable({ maximum_size: 700, child: view });
    return new Gtk.ScrolledWindow({ hscrollbar_policy: Gtk.PolicyType.NEVER, child: clamp });
  }

  #bind(item: Gtk.ListItem): void {
    const app = (item.get_item() as AppItem | null)?.app;
    if (app !== undefined) (item.get_child() as AppRow).showApp(app);
  }

  /** Rows that stay the same keep their place: only what changed is replaced. */
  #show(): void {
    const found = matching(this.#apps.apps, this.#search.get_text() ?? '', this.#onlyEnabled.get_active());
    const at = (index: number) => (this.#store.get_item(index) as AppItem | null)?.app;
    const isSame = (index: number) => JSON.stringify(at(index)) === JSON.stringify(found[index]);
    if (this.#store.get_n_items() === found.length) {
      for (const [index, app] of found.entries()) if (!isSame(index)) this.#store.splice(index, 1, [itemOf(app)]);
    } else this.#store.splice(0, this.#store.get_n_items(), found.map(itemOf));
    const isEmpty = found.length === 0 && this.#apps.isKnown;
    this.#stack.set_visible_child_name(isEmpty ? 'empty' : 'list');
  }
}

function itemOf(app: App): AppItem {
  const item = new AppItem();
  item.app = app;
  return item;
}
