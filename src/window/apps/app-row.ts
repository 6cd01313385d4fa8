import GObject from 'gi://GObject?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import Pango from 'gi://Pango?version=1.0';
import type { Surroundings } from '../page.ts';
import { type App, isEnabled } from '../pure/apps.ts';
import { appImage, iconOf, setIcon } from '../widgets/app-icon.ts';
import { showSwitch } from '../widgets/show-switch.ts';
import { translate as _, fill } from '../words.ts';
import { switchApp } from './app-switch.ts';

/**
 * A row of the list of apps, which shows one app after the other as the list is scrolled. Its parts are its own, so that they go with it: a
 * handler of "teardown" would be called while a window that was closed is swept up, when no handler may be called any more.
 */
export class AppRow extends Gtk.Box {
  static {
    GObject.registerClass({ GTypeName: 'RingfenceAppRow' }, AppRow);
  }
  readonly #icon = appImage('');
  /** In a narrow window it takes two lines. */
  readonly #name = text([], 2);
  readonly #id = text(['dim-label', 'caption'], 1);
  readonly #toggle = new Gtk.Switch({ valign: Gtk.Align.CENTER });
  #app: App | undefined;

  constructor(around: Surroundings) {
    super({ spacing: 12 });
    const column = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL, hexpand: true, valign: Gtk.Align.CENTER });
    column.append(this.#name);
    column.append(this.#id);
    const next = new Gtk.Image({ icon_name: 'go-next-symbolic', css_classes: ['dim-label'] });
    for (const widget of [this.#icon, column, this.#toggle, next]) this.append(widget);
    // The switch moves at once; its state follows when the daemon has done it.
    this.#toggle.connect('state-set', (toggle, wanted) => {
      const app = this.#app;
      if (app === undefined || wanted === isEnabled(app)) return false;
      void switchApp(app, wanted, around).then((done) => {
        if (!done) toggle.set_active(isEnabled(app));
      });
      return true;
    });
  }

  /** Shows an app. */
  showApp(app: App): void {
    this.#app = app;
    setIcon(this.#icon, iconOf(app.entry));
    this.#name.set_label(app.name);
    this.#name.set_tooltip_text(app.name);
    this.#id.set_label(app.id.replace(/\.desktop$/, ''));
    showSwitch(this.#toggle, isEnabled(app));
    const title = fill(_('Start {name} in its fence'), { name: app.name });
    this.#toggle.set_tooltip_text(title);
    this.#toggle.update_property([Gtk.AccessibleProperty.LABEL], [title]);
    // The list's own part around it takes the keyboard, and would have no name; Gtk.ListItem can give it one from 4.12 on.
    this.get_parent()?.update_property([Gtk.AccessibleProperty.LABEL], [app.name]);
  }
}

function text(css_classes: string[], lines: number): Gtk.Label {
  const wrap = lines > 1;
  const how = { wrap, lines: wrap ? lines : -1, wrap_mode: Pango.WrapMode.WORD_CHAR };
  return new Gtk.Label({ xalign: 0, ellipsize: Pango.EllipsizeMode.END, css_classes, ...how });
}
