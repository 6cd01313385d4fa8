import Adw from 'gi://Adw?version=1';
import Gdk from 'gi://Gdk?version=4.0';
import GLib from 'gi://GLib?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import type { Home, Row } from '../io/daemon.ts';
import { attempt, type Surroundings } from '../page.ts';
import { bytesText } from '../pure/amounts.ts';
import { folderWord } from '../pure/settings.ts';
import { translate as _, translatePlural as _n, fill } from '../words.ts';

/** The home that a strict app has of its own: how big it is, a profile to bring into it, and a new beginning. */
export class HomeGroup {
  readonly widget = new Adw.PreferencesGroup({
    title: _('Its Own Home'),
    description: _('Where a strict app keeps its data, in place of your home'),
  });
  readonly #around: Surroundings;
  readonly #data = new Adw.ActionRow({ title: _('Data'), subtitle_lines: 2 });
  readonly #size = new Gtk.Label({ css_classes: ['dim-label', 'numeric'] });
  readonly #open = iconButton('folder-open-symbolic', _('Open in the File Manager'));
  readonly #profile = new Adw.ActionRow({ title: _('What It Has in Your Home') });
  readonly #import = new Gtk.Button({ label: _('Import'), valign: Gtk.Align.CENTER });
  readonly #progress = new Gtk.ProgressBar({ valign: Gtk.Align.CENTER, width_request: 120, visible: false });
  readonly #anew = new Adw.ActionRow({
    title: _('Start Over'),
    subtitle: _('Its home goes to the trash, and its next start makes an empty one'),
  });
  readonly #reset = new Gtk.Button({
    label: _('Reset…'),
    valign: Gtk.Align.CENTER,
    css_classes: ['destructive-action'],
  });
  #id = '';
  #name = '';
  #isStrict = false;
  #home: Home | undefined;
  /** The apps whose profiles are being imported, with how far that is. */
  readonly #importing = new Map<string, Row>();

  constructor(around: Surroundings) {
    this.#around = around;
    this.#data.add_suffix(this.#size);
    this.#data.add_suffix(this.#open);
    this.#profile.add_suffix(this.#progress);
    this.#profile.add_suffix(this.#import);
    this.#anew.add_suffix(this.#reset);
    for (const row of [this.#data, this.#profile, this.#anew]) this.widget.add(row);
    this.#open.connect('clicked', () => this.#openFolder());
    this.#import.connect('clicked', () => void this.#importProfile());
    this.#reset.connect('clicked', () => void this.#startOver());
    this.widget.connect('map', () => void this.#read());
    around.daemon.on('instances', () => {
      if (this.widget.get_mapped() && this.#home?.exists === false) void this.#read();
    });
    around.daemon.on('import', (name, progress) => {
      if (!this.#importing.has(name)) return;
      this.#importing.set(name, progress);
      this.#show();
    });
  }

  /** @param id the app's, without ".desktop" */
  show(id: string, name: string, isStrict: boolean): void {
    const isOther = id !== this.#id;
    if (isOther) this.#home = undefined;
    this.#id = id;
    this.#name = name;
    this.#isStrict = isStrict;
    this.#show();
    if (isOther && this.widget.get_mapped()) void this.#read();
  }

  async #read(): Promise<void> {
    const id = this.#id;
    try {
      const home = await this.#around.daemon.getHome(id);
      if (id !== this.#id) return;
      this.#home = home;
    } catch {
      // The bar above the page says why there is no answer; an older daemon has none to give.
    }
    this.#show();
  }

  #show(): void {
    const home = this.#home;
    const progress = this.#importing.get(this.#id);
    this.widget.set_visible(this.#isStrict);
    const shown = home === undefined ? '' : folderWord(home.path, GLib.get_home_dir());
    this.#data.set_subtitle(
      GLib.markup_escape_text(home?.exists === false ? _('Made by its first start') : shown, -1) ?? '',
    );
    this.#size.set_label(home?.exists ? bytesText(home.bytes) : '');
    this.#open.set_sensitive(home?.exists === true);
    this.#profile.set_visible(progress !== undefined || (home?.profile.length ?? 0) > 0);
    const folders = (home?.profile ?? []).map((folder) => `~/${folder}`).join(', ');
    this.#profile.set_subtitle(
      GLib.markup_escape_text(progress === undefined ? folders : progressText(progress), -1) ?? '',
    );
    this.#import.set_visible(progress === undefined);
    this.#progress.set_visible(progress !== undefined);
    const total = Number(progress?.['bytes-total'] ?? 0);
    this.#progress.set_fraction(total === 0 ? 0 : Math.min(1, Number(progress?.['bytes'] ?? 0) / total));
    this.#anew.set_visible(home?.exists === true && progress === undefined);
  }

  #openFolder(): void {
    if (this.#home === undefined) return;
    Gtk.show_uri(this.#around.window, GLib.filename_to_uri(this.#home.path, null), Gdk.CURRENT_TIME);
  }

  async #importProfile(): Promise<void> {
    const { daemon, done } = this.#around;
    const [id, name] = [this.#id, this.#name];
    this.#importing.set(id, {});
    this.#show();
    await attempt(this.#around, async () => {
      const { files, skipped } = await daemon.importHome(id);
      const copied = fill(
        _n(
          '{count} file was copied into the home of {name}',
          '{count} files were copied into the home of {name}',
          files,
        ),
        { count: files, name },
      );
      const left = fill(_n('{count} was left out', '{count} were left out', skipped), { count: skipped });
      done(skipped === 0 ? copied : `${copied}; ${left}`);
    });
    this.#importing.delete(id);
    await this.#read();
  }

  async #startOver(): Promise<void> {
    const { daemon, confirm, done } = this.#around;
    const [id, name] = [this.#id, this.#name];
    const isMeant = await confirm(
      fill(_('Reset {name}?'), { name }),
      fill(_('All that {name} keeps in its own home goes to the trash, such as its settings and logins.'), { name }),
      _('Reset'),
    );
    if (!isMeant) return;
    if (await attempt(this.#around, () => daemon.resetHome(id))) {
      done(fill(_('The home of {name} is in the trash'), { name }));
    }
    await this.#read();
  }
}

function progressText(progress: Row): string {
  if (progress['files'] === undefined) return _('Copying…');
  return fill(_('Copying: {done} of {total}'), {
    done: bytesText(Number(progress['bytes'] ?? 0)),
    total: bytesText(Number(progress['bytes-total'] ?? 0)),
  });
}

function iconButton(icon_name: string, title: string): Gtk.Button {
  const button = new Gtk.Button({ icon_name, valign: Gtk.Align.CENTER, css_classes: ['flat'], tooltip_text: title });
  button.update_property([Gtk.AccessibleProperty.LABEL], [title]);
  return button;
}
