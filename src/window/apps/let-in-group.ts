import Adw from 'gi://Adw?version=1';
import GLib from 'gi://GLib?version=2.0';
import type { Instance } from '../pure/instance.ts';
import { type LetInPart, letIn } from '../pure/let-in.ts';
import { translate as _, fill } from '../words.ts';

/** What the latest start of a strict app was let in at, as the kernel and the bus had it. */
export class LetInGroup {
  readonly widget = new Adw.PreferencesGroup({ visible: false });
  readonly #rows: Readonly<Record<LetInPart['name'], Adw.ActionRow>>;

  constructor() {
    this.#rows = {
      shared: row(_('Folders and Documents')),
      'bus-names': row(_('Bus Names of Its Own')),
      'bus-calls': row(_('Calls over the Bus')),
      network: row(_('Network')),
      display: row(_('Display')),
      sound: row(_('Sound')),
      gpu: row(_('Graphics Card')),
      printing: row(_('Printing')),
    };
    for (const one of Object.values(this.#rows)) this.widget.add(one);
  }

  /** @param latest the app's latest start that is known of; undefined: there is none */
  show(latest: Instance | undefined, isRunning: boolean): void {
    const parts = latest === undefined ? undefined : letIn(latest.report);
    this.widget.set_visible(parts !== undefined);
    if (latest === undefined || parts === undefined) return;
    this.widget.set_title(isRunning ? _('Let In Now') : _('Let In Last Time'));
    const at = GLib.DateTime.new_from_unix_local(Math.floor(latest.startedAt / 1e6))?.format('%c') ?? '';
    this.widget.set_description(fill(_('When it was started on {time}'), { time: at }));
    for (const { name, value } of parts) {
      this.#rows[name].set_subtitle(GLib.markup_escape_text(value === '' ? _('None') : value, -1) ?? '');
    }
  }
}

function row(title: string): Adw.ActionRow {
  return new Adw.ActionRow({ title, subtitle_lines: 0 });
}
