import Adw from 'gi://Adw?version=1';
import type Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import type { Surroundings } from '../page.ts';
import { folderWord, isOn, itemsOf, type Setting } from '../pure/settings.ts';
import { type SettingKey, settingTitle } from '../setting-title.ts';
import { showSwitch } from '../widgets/show-switch.ts';
import { translate as _, fill } from '../words.ts';

type SwitchName = 'network' | 'x11' | 'sound' | 'gpu' | 'printing';

/** What a strict app is let at: switches, and folders that are picked in a dialog. */
export class StrictGroup {
  readonly widget = new Adw.PreferencesGroup({
    title: _('Let In'),
    description: _('What it may use from its next start on, besides its own home'),
  });
  readonly #around: Surroundings;
  readonly #set: (key: SettingKey, words: readonly string[]) => Promise<void>;
  readonly #switches = new Map<SwitchName, Gtk.Switch>();
  readonly #folders = new Adw.ExpanderRow({ title: settingTitle('shared-folders') });
  #folderRows: Adw.ActionRow[] = [];
  #shared: readonly string[] = [];
  /** Those of them that the app's own section shares. */
  #own: readonly string[] = [];
  #isShowing = false;
  /** GTK does not keep them, and nothing else does. */
  readonly #open = new Set<Gtk.FileChooserNative>();

  constructor(around: Surroundings, set: (key: SettingKey, words: readonly string[]) => Promise<void>) {
    this.#around = around;
    this.#set = set;
    this.#addSwitch('network', _('Other computers, and services of this one'));
    this.#addSwitch('x11', _('Lets it see and control the windows of other X11 apps'));
    this.#addSwitch('sound', _('Playing and recording'));
    this.#addSwitch('gpu', _('Drawing faster, by a driver in the kernel'));
    this.#addSwitch('printing', _('By a dialog that the app fills in: check which file it prints to'));
    const add = new Gtk.Button({ icon_name: 'list-add-symbolic', valign: Gtk.Align.CENTER, css_classes: ['flat'] });
    add.set_tooltip_text(_('Share a Folder'));
    add.update_property([Gtk.AccessibleProperty.LABEL], [_('Share a Folder')]);
    add.connect('clicked', () => this.#pick());
    this.#folders.add_action(add);
    this.widget.add(this.#folders);
  }

  /** @param inherited folders that the app's profile shares, which are not the app's to take back */
  show(settings: readonly Setting[], isStrict: boolean, inherited: readonly string[]): void {
    this.widget.set_visible(isStrict);
    this.#isShowing = true;
    for (const [key, toggle] of this.#switches) showSwitch(toggle, isOn(settings, key));
    this.#isShowing = false;
    this.#own = itemsOf(settings, 'shared-folders').filter((folder) => !inherited.includes(folder));
    const shared = [...inherited, ...this.#own];
    if (shared.join('\0') !== this.#shared.join('\0') || this.#folderRows.length === 0) this.#showFolders(shared);
  }

  #showFolders(shared: readonly string[]): void {
    this.#shared = shared;
    for (const row of this.#folderRows) this.#folders.remove(row);
    this.#folderRows = shared.map((folder) => {
      const row = new Adw.ActionRow({ title: GLib.markup_escape_text(folder.replace(/:ro$/, ''), -1) });
      if (folder.endsWith(':ro')) row.set_subtitle(_('Read only'));
      if (!this.#own.includes(folder)) {
        row.set_subtitle(_('Shared by its profile'));
        this.#folders.add_row(row);
        return row;
      }
      const remove = new Gtk.Button({
        icon_name: 'list-remove-symbolic',
        valign: Gtk.Align.CENTER,
        css_classes: ['flat'],
      });
      const title = fill(_('Take Back {folder}'), { folder });
      remove.set_tooltip_text(title);
      remove.update_property([Gtk.AccessibleProperty.LABEL], [title]);
      remove.connect(
        'clicked',
        () =>
          void this.#set(
            'shared-folders',
            this.#own.filter((one) => one !== folder),
          ),
      );
      row.add_suffix(remove);
      this.#folders.add_row(row);
      return row;
    });
    this.#folders.set_subtitle(shared.length === 0 ? _('None') : '');
    this.#folders.set_enable_expansion(shared.length > 0);
    if (shared.length > 0) this.#folders.set_expanded(true);
  }

  #addSwitch(key: SwitchName, subtitle: string): void {
    const toggle = new Gtk.Switch({ valign: Gtk.Align.CENTER });
    const row = new Adw.ActionRow({ title: settingTitle(key), subtitle, activatable_widget: toggle });
    row.add_suffix(toggle);
    toggle.connect('notify::active', () => {
      if (!this.#isShowing) void this.#set(key, [String(toggle.get_active())]);
    });
    this.#switches.set(key, toggle);
    this.widget.add(row);
  }

  #pick(): void {
    const dialog = new Gtk.FileChooserNative({
      title: _('Share a Folder'),
      action: Gtk.FileChooserAction.SELECT_FOLDER,
      transient_for: this.#around.window,
      modal: true,
      accept_label: _('Share'),
    });
    const readOnly = 'read-only';
    // A choice without options is a check box; the typings want the lists all the same.
    (dialog.add_choice as (id: string, label: string, options: null, labels: null) => void).call(
      dialog,
      readOnly,
      _('Read only'),
      null,
      null,
    );
    // Where there is a choice, GTK shows a list of filters too, and says "(None)" where there is none.
    const folders = new Gtk.FileFilter();
    folders.set_name(_('Folders'));
    folders.add_mime_type('inode/directory');
    dialog.add_filter(folders);
    dialog.connect('response', (_dialog, response) => {
      this.#open.delete(dialog);
      const path = (dialog.get_file() as Gio.File | null)?.get_path() ?? undefined;
      if (response !== Gtk.ResponseType.ACCEPT || path === undefined) return;
      const word = folderWord(path, GLib.get_home_dir());
      this.#share(dialog.get_choice(readOnly) === 'true' ? `${word}:ro` : word);
    });
    this.#open.add(dialog);
    dialog.show();
  }

  /** One that is shared already is shared anew, the other way. */
  #share(word: string): void {
    if (this.#shared.includes(word)) return;
    const others = this.#own.filter((one) => one.replace(/:ro$/, '') !== word.replace(/:ro$/, ''));
    void this.#set('shared-folders', [...others, word]);
  }
}
