import Adw from 'gi://Adw?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import { showAbout } from './about.ts';
import { AppList } from './apps/app-list.ts';
import { AppPage } from './apps/app-page.ts';
import { AppsPage } from './apps/apps-page.ts';
import { ComputerPage } from './computer/computer-page.ts';
import { BusError } from './io/bus.ts';
import { Daemon } from './io/daemon.ts';
import { type Surroundings, toastSeconds } from './page.ts';
import { showPreferences } from './preferences.ts';
import { compareVersions } from './pure/versions.ts';
import { RunningPage } from './running/running-page.ts';
import { showShortcuts } from './shortcuts.ts';
import { PageSwitch } from './widgets/page-switch.ts';
import { ProblemBar } from './widgets/problem-bar.ts';
import { translate as _, fill } from './words.ts';

/** The main window: three pages, switched in the header bar or, where it is narrow, at the bottom; and an app's own page. */
export class MainWindow {
  readonly #window: Adw.ApplicationWindow;
  readonly #pages = new Adw.ViewStack({ vexpand: true });
  readonly #leaflet = new Adw.Leaflet({ can_unfold: false, can_navigate_back: true });
  readonly #toasts = new Adw.ToastOverlay();
  #toast: Adw.Toast | undefined;
  /** Of the three pages, and of an app's. */
  readonly #daemonBars = [new ProblemBar(), new ProblemBar()] as const;
  readonly #configBars = [new ProblemBar(), new ProblemBar()] as const;
  readonly #daemon: Daemon;
  readonly #apps: AppList;
  readonly #appPage: AppPage;
  readonly #appsPage: AppsPage;
  readonly #runningPage: RunningPage;
  readonly #detail: Gtk.Widget;

  constructor(application: Adw.Application, bus: Gio.DBusConnection) {
    this.#window = new Adw.ApplicationWindow({
      application,
      title: 'Ringfence',
      default_width: 800,
      default_height: 720,
    });
    this.#window.set_size_request(360, 294);
    this.#daemon = new Daemon(bus);
    this.#apps = new AppList(this.#daemon);
    const around = this.#surroundings();
    this.#appPage = new AppPage(around, this.#apps);
    this.#appsPage = new AppsPage(around, this.#apps);
    this.#runningPage = new RunningPage(around, this.#apps);
    this.#detail = this.#makeDetail();
    this.#add(this.#runningPage.widget, 'running', _('Running'), 'media-playback-start-symbolic');
    this.#add(this.#appsPage.widget, 'apps', _('Apps'), 'view-app-grid-symbolic');
    this.#add(new ComputerPage(around).widget, 'computer', _('This Computer'), 'computer-symbolic');
    this.#leaflet.append(this.#main());
    this.#leaflet.append(this.#detail);
    this.#hideDetail();
    for (const property of ['visible-child', 'child-transition-running'])
      this.#leaflet.connect(`notify::${property}`, () => this.#hideDetail());
    this.#toasts.set_child(this.#leaflet);
    const content = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    content.append(this.#toasts);
    this.#toasts.set_vexpand(true);
    this.#window.set_content(content);
    this.#addActions(application);
    this.#daemon.on('state', () => this.#showState());
    this.#daemon.on('config', () => this.#showState());
  }

  present(): void {
    this.#window.present();
  }

  showAbout(): void {
    showAbout(this.#window, this.#daemon.version);
  }

  showPreferences(): void {
    const failed = (error: unknown, above: Gtk.Window) => this.#failed(error, above);
    showPreferences({ daemon: this.#daemon, window: this.#window, failed });
  }

  showShortcuts(): void {
    showShortcuts(this.#window);
  }

  /** Opens the page of an app. `id`: its desktop id, with or without ".desktop". */
  showApp(id: string): void {
    this.#pages.set_visible_child_name('apps');
    this.#appPage.open(id.endsWith('.desktop') ? id : `${id}.desktop`);
    this.#detail.set_visible(true);
    this.#leaflet.navigate(Adw.NavigationDirection.FORWARD);
  }

  #add(child: Gtk.Widget, name: string, title: string, icon: string): void {
    this.#pages.add_titled_with_icon(child, name, title, icon);
  }

  #main(): Gtk.Widget {
    const header = new Adw.HeaderBar({ centering_policy: Adw.CenteringPolicy.LOOSE });
    header.pack_end(mainMenu());
    const pageSwitch = new PageSwitch(this.#window, this.#pages, header);
    const box = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    const bars = [this.#daemonBars[0].widget, this.#configBars[0].widget];
    for (const widget of [header, ...bars, this.#pages, pageSwitch.bottom]) box.append(widget);
    // What is said at the bottom stands above the switch of pages, where there is one.
    const lift = () => {
      const isAbove = pageSwitch.isBelow && this.#leaflet.get_visible_child() === box;
      this.#toasts.set_css_classes(isAbove ? ['above-switch'] : []);
    };
    pageSwitch.onMove(() => {
      lift();
      this.#runningPage.showNarrow(pageSwitch.isBelow);
    });
    this.#leaflet.connect('notify::visible-child', lift);
    return box;
  }

  /** What is not in front is there for a screen reader all the same. */
  #hideDetail(): void {
    const isAway = this.#leaflet.get_visible_child() !== this.#detail && !this.#leaflet.get_child_transition_running();
    if (isAway) this.#detail.set_visible(false);
  }

  #makeDetail(): Gtk.Widget {
    const header = new Adw.HeaderBar({ title_widget: this.#appPage.title });
    const back = new Gtk.Button({
      icon_name: 'go-previous-symbolic',
      action_name: 'win.back',
      tooltip_text: _('Back'),
    });
    back.update_property([Gtk.AccessibleProperty.LABEL], [_('Back')]);
    header.pack_start(back);
    const box = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL });
    this.#appPage.widget.set_vexpand(true);
    const bars = [this.#daemonBars[1].widget, this.#configBars[1].widget];
    for (const widget of [header, ...bars, this.#appPage.widget]) box.append(widget);
    return box;
  }

  #addActions(application: Adw.Application): void {
    const add = (name: string, keys: string[], act: () => void) => {
      const action = new Gio.SimpleAction({ name });
      action.connect('activate', act);
      this.#window.add_action(action);
      application.set_accels_for_action(`win.${name}`, keys);
    };
    const show = (name: string) => {
      this.#leaflet.navigate(Adw.NavigationDirection.BACK);
      this.#pages.set_visible_child_name(name);
    };
    add('back', ['<Alt>Left', 'Escape'], () => void this.#leaflet.navigate(Adw.NavigationDirection.BACK));
    add('running', ['<Alt>1'], () => show('running'));
    add('apps', ['<Alt>2'], () => show('apps'));
    add('computer', ['<Alt>3'], () => show('computer'));
    add('search', ['<Control>f'], () => {
      show('apps');
      this.#appsPage.focusSearch();
    });
    application.set_accels_for_action('window.close', ['<Control>w']);
  }

  #surroundings(): Surroundings {
    return {
      daemon: this.#daemon,
      window: this.#window,
      done: (what, undo) => this.#done(what, undo),
      failed: (error) => this.#failed(error),
      confirm: (heading, body, action) => this.#confirm(heading, body, action),
      showApp: (id) => this.showApp(id),
    };
  }

  #done(what: string, undo?: () => Promise<unknown>): void {
    // Its title is markup, and an app may be called "Bits & Bobs".
    const toast = new Adw.Toast({ title: GLib.markup_escape_text(what, -1), timeout: toastSeconds });
    if (undo !== undefined) {
      toast.set_button_label(_('Undo'));
      toast.connect('button-clicked', () => void undo().catch((error) => this.#failed(error)));
    }
    // The last change is the one to be taken back: none waits until those before have gone.
    this.#toast?.dismiss();
    this.#toast = toast;
    toast.connect('dismissed', () => {
      if (this.#toast === toast) this.#toast = undefined;
    });
    this.#toasts.add_toast(toast);
  }

  /** In the words of whoever refused, all of them: a toast would cut them off. */
  #failed(error: unknown, above: Gtk.Window = this.#window): void {
    const dialog = new Adw.MessageDialog({
      transient_for: above,
      heading: _('That Did Not Work'),
      body: this.#wordsOf(error),
    });
    dialog.add_response('close', _('Close'));
    dialog.present();
  }

  #wordsOf(error: unknown): string {
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof BusError) || !error.isUnknown) return reason;
    const versions = { daemon: this.#daemon.version, window: RINGFENCE_VERSION };
    return fill(_('Ringfence’s daemon ({daemon}) and this window ({window}) do not fit together: {reason}'), {
      ...versions,
      reason,
    });
  }

  #confirm(heading: string, body: string, action: string): Promise<boolean> {
    const dialog = new Adw.MessageDialog({ transient_for: this.#window, heading, body, close_response: 'cancel' });
    dialog.add_response('cancel', _('Cancel'));
    dialog.add_response('go', action);
    dialog.set_response_appearance('go', Adw.ResponseAppearance.DESTRUCTIVE);
    dialog.present();
    return new Promise((resolve) => dialog.connect('response', (_dialog, response) => resolve(response === 'go')));
  }

  #showState(): void {
    const { state, reason, configError } = this.#daemon;
    const retry = { label: _('Try Again'), act: () => this.#daemon.retry() };
    for (const bar of this.#daemonBars) {
      if (state === 'missing') bar.show(fill(_('Ringfence’s daemon is not there: {reason}'), { reason }), retry);
      else if (state === 'silent') bar.show(_('Ringfence’s daemon does not answer.'), retry);
      else bar.show(this.#misfit());
    }
    for (const bar of this.#configBars) bar.show(configError === '' ? undefined : configError);
  }

  /** An update that has reached only one of the two. */
  #misfit(): string | undefined {
    const { version } = this.#daemon;
    const order = compareVersions(version, RINGFENCE_VERSION);
    if (order === 'same') return undefined;
    const said =
      order === 'older'
        ? _('Ringfence’s daemon is older ({daemon}) than this window ({window}): not all of this works. Log in again.')
        : _('Ringfence was updated to {daemon}, and this window is of {window}: close it and open it again.');
    return fill(said, { daemon: version, window: RINGFENCE_VERSION });
  }
}

function mainMenu(): Gtk.MenuButton {
  const menu = new Gio.Menu();
  menu.append(_('Preferences'), 'app.preferences');
  menu.append(_('Keyboard Shortcuts'), 'app.shortcuts');
  menu.append(_('About Ringfence'), 'app.about');
  const button = new Gtk.MenuButton({ icon_name: 'open-menu-symbolic', menu_model: menu, primary: true });
  button.set_tooltip_text(_('Main Menu'));
  // GTK 4.8 has the keyboard on the button inside, and names neither after the tooltip.
  for (const one of [button, button.get_first_child()])
    one?.update_property([Gtk.AccessibleProperty.LABEL], [_('Main Menu')]);
  return button;
}
