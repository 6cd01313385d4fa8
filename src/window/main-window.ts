import Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';
import { translate as _ } from './words.ts';

/** The main window: three pages, switched in the header bar or, where it is narrow, at the bottom. */
export class MainWindow {
  readonly #window: Adw.ApplicationWindow;
  readonly #stack = new Adw.ViewStack();

  constructor(application: Adw.Application) {
    const pages: readonly [string, string, string][] = [
      ['running', _('Running'), 'media-playback-start-symbolic'],
      ['apps', _('Apps'), 'view-app-grid-symbolic'],
      ['computer', _('This Computer'), 'computer-symbolic'],
    ];
    for (const [name, title, icon] of pages) {
      this.#stack.add_titled_with_icon(new Adw.StatusPage({ title }), name, title, icon);
    }
    const bar = new Adw.ViewSwitcherBar({ stack: this.#stack });
    const title = new Adw.ViewSwitcherTitle({ stack: this.#stack, title: 'Ringfence' });
    title.connect('notify::title-visible', () => bar.set_reveal(title.title_visible));
    const content = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    content.append(new Adw.HeaderBar({ title_widget: title }));
    this.#stack.set_vexpand(true);
    content.append(this.#stack);
    content.append(bar);
    this.#window = new Adw.ApplicationWindow({
      application,
      title: 'Ringfence',
      default_width: 800,
      default_height: 640,
      content,
    });
  }

  present(): void {
    this.#window.present();
  }

  /** Opens the page of an app. `id`: its desktop id, with or without ".desktop". */
  showApp(_id: string): void {
    this.#stack.set_visible_child_name('apps');
  }
}
