import Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';
import type { Daemon } from './io/daemon.ts';
import { toastSeconds } from './page.ts';
import { settingOf, settingsFrom } from './pure/settings.ts';
import type { Undo } from './pure/steps.ts';
import { showSwitch } from './widgets/show-switch.ts';
import { translate as _, fill } from './words.ts';

/** The section of the configuration (ringfence.toml(5)). */
const section = 'notifications';

/** What the preferences are given of the window around them. */
export interface PreferencesPorts {
  readonly daemon: Daemon;
  readonly window: Gtk.Window;
  /** Says what did not work, above this window. */
  failed(error: unknown, above: Gtk.Window): void;
}

/** What the user is told of by notifications. What others change meanwhile shows up. */
export function showPreferences({ daemon, window, failed }: PreferencesPorts): void {
  const preferences = new Adw.PreferencesWindow({
    transient_for: window,
    modal: true,
    search_enabled: false,
    default_width: 500,
    default_height: 420,
  });
  const group = new Adw.PreferencesGroup({
    title: _('Notifications'),
    description: _('When an app reaches a limit, a notification names it and offers what can be done'),
  });
  let toast: Adw.Toast | undefined;
  const tell = (said: string, undo: Undo) => {
    // The last change is the one to be taken back.
    toast?.dismiss();
    const next = new Adw.Toast({ title: said, button_label: _('Undo'), timeout: toastSeconds });
    next.connect('button-clicked', () => void undo().catch((error) => failed(error, preferences)));
    next.connect('dismissed', () => {
      if (toast === next) toast = undefined;
    });
    toast = next;
    preferences.add_toast(next);
  };
  const set: SetNotice = async (key, setting, isOn) => {
    try {
      const before = await daemon.setConfig(section, key, [String(isOn)]);
      const said = isOn ? _('{setting}: notifications on') : _('{setting}: notifications off');
      tell(fill(said, { setting }), () => daemon.setConfig(section, key, before));
    } catch (error) {
      failed(error, preferences);
      await show();
    }
  };
  const rows = [
    noticeRow('memory-limit', _('Memory limit'), _('Part of an app was ended'), set),
    noticeRow('tasks-limit', _('Limit of processes and threads'), _('An app was refused new processes'), set),
    noticeRow('cpu-limit', _('Processor limit'), _('An app was slowed down for half a minute'), set),
  ];
  const show = async () => {
    const settings = await daemon.getConfig(section).then(settingsFrom, () => []);
    for (const row of rows) row.show(settingOf(settings, row.key));
  };
  for (const { widget } of rows) group.add(widget);
  const page = new Adw.PreferencesPage();
  page.add(group);
  preferences.add(page);
  const stops = [daemon.on('config', () => void show()), daemon.on('state', () => void show())];
  preferences.connect('close-request', () => {
    for (const stop of stops) stop();
    return false;
  });
  void show();
  preferences.present();
}

/** Keeps a key in the configuration; `setting`: what it is called. */
type SetNotice = (key: string, setting: string, isOn: boolean) => Promise<void>;

interface NoticeRow {
  readonly key: string;
  readonly widget: Gtk.Widget;
  /** Shows what the configuration says; undefined: nothing is known, as of a daemon that is older or does not answer. */
  show(value: string | undefined): void;
}

function noticeRow(key: string, title: string, subtitle: string, set: SetNotice): NoticeRow {
  const toggle = new Gtk.Switch({ valign: Gtk.Align.CENTER });
  const widget = new Adw.ActionRow({ title, subtitle, activatable_widget: toggle, sensitive: false });
  widget.add_suffix(toggle);
  let known: string | undefined;
  toggle.connect('state-set', (_toggle, wanted) => {
    if (known === undefined || wanted === (known === 'true')) return false;
    void set(key, title, wanted);
    return true;
  });
  return {
    key,
    widget,
    show(value) {
      known = value;
      widget.set_sensitive(value !== undefined);
      showSwitch(toggle, value === 'true');
    },
  };
}
