import Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';
import Pango from 'gi://Pango?version=1.0';
import { changeLimit } from '../change-limit.ts';
import type { Row } from '../io/daemon.ts';
import { attempt, type Surroundings } from '../page.ts';
import { type App, isEnabled } from '../pure/apps.ts';
import type { Instance } from '../pure/instance.ts';
import { peakOf } from '../pure/samples.ts';
import { isStrict, itemsOf, type Setting, settingOf, settingsFrom } from '../pure/settings.ts';
import type { Undo } from '../pure/steps.ts';
import { type SettingKey, settingTitle } from '../setting-title.ts';
import { appImage, iconOf, setIcon } from '../widgets/app-icon.ts';
import { limitRows, markMemory, ramBytes, type SliderName } from '../widgets/limit-group.ts';
import { nameChoices } from '../widgets/named-choices.ts';
import { showSwitch } from '../widgets/show-switch.ts';
import { translate as _, fill } from '../words.ts';
import type { AppList } from './app-list.ts';
import { switchApp } from './app-switch.ts';
import { HomeGroup } from './home-group.ts';
import { LetInGroup } from './let-in-group.ts';
import { StrictGroup } from './strict-group.ts';

/** One app: whether it is fenced, by which profile, with which limits, and what a strict one is let at. */
export class AppPage {
  readonly widget = new Gtk.Stack();
  /** For the bar above it. */
  readonly title = new Adw.WindowTitle();
  readonly #around: Surroundings;
  readonly #apps: AppList;
  #id = '';
  #name = '';
  #settings: readonly Setting[] = [];
  /** The folders that its profile shares. */
  #inherited: readonly string[] = [];
  #isShowing = false;
  readonly #page = new Adw.PreferencesPage();
  readonly #gone = new Adw.StatusPage({
    icon_name: 'edit-find-symbolic',
    title: _('This App Is Not Installed'),
    description: _('It was removed, or its menu entry is hidden.'),
    visible: false,
  });
  readonly #icon = appImage('', 48);
  readonly #heading = new Gtk.Label({
    css_classes: ['title-2'],
    wrap: true,
    wrap_mode: 2,
    natural_wrap_mode: Gtk.NaturalWrapMode.NONE,
    lines: 3,
    ellipsize: Pango.EllipsizeMode.END,
  });
  readonly #toggle = new Gtk.Switch({ valign: Gtk.Align.CENTER });
  readonly #profile = new Adw.ComboRow({ title: settingTitle('profile') });
  readonly #hold = new Adw.ComboRow({
    title: _('Changes hold'),
    model: Gtk.StringList.new([_('Now and from now on'), _('Only now')]),
  });
  readonly #limits = limitRows((name, value) => void this.#change(name, value));
  readonly #strict: StrictGroup;
  readonly #home: HomeGroup;
  readonly #letIn = new LetInGroup();

  constructor(around: Surroundings, apps: AppList) {
    this.#around = around;
    this.#apps = apps;
    this.#strict = new StrictGroup(around, (key, words) => this.#set(key, words));
    this.#home = new HomeGroup(around);
    const page = this.#page;
    page.add(this.#head());
    page.add(this.#fence());
    const limits = new Adw.PreferencesGroup({ title: _('Limits') });
    limits.add(this.#hold);
    for (const { widget } of Object.values(this.#limits)) limits.add(widget);
    page.add(limits);
    for (const { widget } of [this.#strict, this.#letIn, this.#home]) page.add(widget);
    for (const child of [page, this.#gone]) this.widget.add_child(child);
    for (const row of [this.#profile, this.#hold]) nameChoices(row);
    apps.onChange(() => {
      this.#show();
      // It may have been enabled with another profile.
      void this.#read();
    });
    around.daemon.on('config', () => void this.#read());
    around.daemon.on('instances', () => this.#showLimits());
  }

  /** Shows another app. */
  open(id: string): void {
    this.#id = this.#apps.find(id)?.id ?? id;
    this.#name = id.replace(/\.desktop$/, '');
    this.#settings = [];
    this.title.set_title(this.#name);
    this.title.set_subtitle('');
    this.#show();
    void this.#read();
    void this.#mark();
  }

  #head(): Adw.PreferencesGroup {
    const group = new Adw.PreferencesGroup();
    const box = new Gtk.Box({ spacing: 12, halign: Gtk.Align.CENTER });
    for (const widget of [this.#icon, this.#heading]) box.append(widget);
    group.add(box);
    return group;
  }

  #fence(): Adw.PreferencesGroup {
    const group = new Adw.PreferencesGroup({ title: _('Fence') });
    const row = new Adw.ActionRow({
      title: _('Start in Its Fence'),
      subtitle: _('Its usual icon starts it there'),
      activatable_widget: this.#toggle,
    });
    row.add_suffix(this.#toggle);
    group.add(row);
    group.add(this.#profile);
    this.#toggle.connect('state-set', (_toggle, wanted) => {
      const app = this.#apps.find(this.#id);
      if (this.#isShowing || app === undefined || wanted === isEnabled(app)) return false;
      void switchApp(app, wanted, this.#around).then((done) => {
        if (!done) this.#show();
      });
      return true;
    });
    this.#profile.connect('notify::selected', () => void this.#choose());
    return group;
  }

  #section(): string {
    return `app.${this.#id.replace(/\.desktop$/, '')}`;
  }

  async #read(): Promise<void> {
    if (this.#id === '') return;
    const id = this.#id;
    try {
      const settings = settingsFrom(await this.#around.daemon.getConfig(this.#section()));
      const profile = settingsFrom(await this.#around.daemon.getConfig(`profile.${settingOf(settings, 'profile')}`));
      if (id !== this.#id) return;
      this.#settings = settings;
      this.#inherited = itemsOf(profile, 'shared-folders');
    } catch {
      // The bar above the pages has it: a faulty configuration, or a daemon that is older or does not answer.
    }
    this.#show();
  }

  #show(): void {
    if (this.#id === '') return;
    const app = this.#apps.find(this.#id);
    const isGone = app === undefined && this.#apps.isKnown;
    // What is not shown is told to nobody: a screen reader finds what is behind a page of a stack all the same.
    const [shown, hidden] = isGone ? [this.#gone, this.#page] : [this.#page, this.#gone];
    shown.set_visible(true);
    this.widget.set_visible_child(shown);
    hidden.set_visible(false);
    if (app === undefined) return;
    this.#isShowing = true;
    this.#showApp(app);
    this.#isShowing = false;
    this.#showLimits();
  }

  #showApp(app: App): void {
    this.#name = app.name;
    this.title.set_title(app.name);
    this.title.set_subtitle(app.id);
    setIcon(this.#icon, iconOf(app.entry));
    this.#heading.set_label(app.name);
    this.#heading.set_tooltip_text(app.name);
    showSwitch(this.#toggle, isEnabled(app));
    const { profiles } = this.#around.daemon;
    const names = Object.keys(profiles).sort();
    const chosen = settingOf(this.#settings, 'profile');
    if (names.join() !== this.#profileNames().join()) this.#profile.set_model(Gtk.StringList.new(names));
    const index = names.indexOf(chosen ?? '');
    if (index !== -1) this.#profile.set_selected(index);
    this.#profile.set_sensitive(chosen !== undefined);
    const strict = isStrict(profiles, chosen);
    const files = strict
      ? _('Limits, and a home of its own: your files stay out')
      : _('Limits: it sees all your files');
    this.#profile.set_subtitle(chosen === undefined ? '' : files);
    this.#strict.show(this.#settings, strict, this.#inherited);
    this.#home.show(app.id.replace(/\.desktop$/, ''), app.name, strict);
  }

  #profileNames(): string[] {
    const model = this.#profile.get_model() as Gtk.StringList | null;
    return Array.from({ length: model?.get_n_items() ?? 0 }, (_, index) => model?.get_string(index) ?? '');
  }

  /** What holds for those that run, and otherwise what the configuration says for the next start. */
  #showLimits(): void {
    const [running] = this.#running();
    this.#hold.set_visible(running !== undefined);
    this.#letIn.show(this.#around.daemon.lastStart(this.#id), running !== undefined);
    for (const name of Object.keys(this.#limits) as SliderName[]) {
      const whole = name === 'memory-max' ? ramBytes() : undefined;
      this.#limits[name].show(running?.limits[name] ?? settingOf(this.#settings, name), whole);
    }
  }

  /** Commands have no app: without one, this page is none of theirs. */
  #running(): Instance[] {
    if (this.#id === '') return [];
    return [...this.#around.daemon.instances.values()].filter(({ app }) => app === this.#id);
  }

  async #mark(): Promise<void> {
    const running = this.#running();
    const usage = running.length === 0 ? {} : await this.#around.daemon.listUsage().catch(() => ({}));
    const peaks = running.flatMap(({ path }) => peakOf((usage as Record<string, Row>)[path]) ?? []);
    markMemory(this.#limits['memory-max'], peaks.length === 0 ? undefined : Math.max(...peaks));
  }

  async #change(name: SliderName, value: string): Promise<void> {
    const paths = this.#running().map(({ path }) => path);
    if (paths.length === 0) return this.#set(name, [value]);
    const keep = this.#hold.get_selected() === 0 ? () => this.#keep(name, [value]) : undefined;
    await changeLimit(paths, { name, value }, this.#around, keep);
  }

  async #choose(): Promise<void> {
    const chosen = this.#profileNames()[this.#profile.get_selected()];
    if (this.#isShowing || chosen === undefined || chosen === settingOf(this.#settings, 'profile')) return;
    await this.#set('profile', [chosen]);
  }

  async #set(key: SettingKey, words: readonly string[]): Promise<void> {
    const isDone = await attempt(this.#around, async () => {
      const undo = await this.#keep(key, words);
      const holdsNow = key === 'shared-folders' && (await this.#updateRunning());
      const said = holdsNow ? _('{setting} of {name}: from now on') : _('{setting} of {name}: from its next start on');
      this.#around.done(fill(said, { setting: settingTitle(key), name: this.#name }), async () => {
        await undo();
        if (holdsNow) await this.#updateRunning();
      });
    });
    if (!isDone) this.#show();
  }

  /** Whether it runs and has what is shared with it now. */
  async #updateRunning(): Promise<boolean> {
    return this.#running().length > 0 && (await this.#around.daemon.updateShares(this.#id));
  }

  /** Keeps a key in the configuration. Resolves to the way back to what the user's own file said before. */
  async #keep(key: string, words: readonly string[]): Promise<Undo> {
    const { daemon } = this.#around;
    const section = this.#section();
    const before = await daemon.setConfig(section, key, words);
    return () => daemon.setConfig(section, key, before);
  }
}
