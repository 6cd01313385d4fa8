import Adw from 'gi://Adw?version=1';
import Gdk from 'gi://Gdk?version=4.0';
import GLib from 'gi://GLib?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import type { Row } from '../io/daemon.ts';
import type { Surroundings } from '../page.ts';
import { bytesText } from '../pure/amounts.ts';
import { commandIn } from '../pure/command-in.ts';
import { worstFirst } from '../pure/findings.ts';
import { translate as _, fill } from '../words.ts';

type PlacedRow = readonly [Adw.PreferencesGroup, Adw.ActionRow];

/** What works on this computer, what does not and how to put it right; the desktop's budget; the version. */
export class ComputerPage {
  readonly widget: Adw.PreferencesPage = new Adw.PreferencesPage();
  readonly #around: Surroundings;
  readonly #findings = new Adw.PreferencesGroup({ title: _('What Works Here') });
  readonly #budget = new Adw.PreferencesGroup({
    title: _('Kept for the Desktop'),
    description: _('All apps together may use this much, so that the desktop itself stays usable'),
  });
  readonly #version = new Adw.ActionRow({ title: _('Version') });
  /** In place of the findings, until they are there: to look takes a second or two. */
  readonly #checking = checkingRow();
  #rows: readonly PlacedRow[] = [];

  constructor(around: Surroundings) {
    this.#around = around;
    const about = new Adw.PreferencesGroup({ title: 'Ringfence' });
    about.add(this.#version);
    const refresh = new Gtk.Button({
      icon_name: 'view-refresh-symbolic',
      css_classes: ['flat'],
      valign: Gtk.Align.CENTER,
    });
    refresh.set_tooltip_text(_('Look Again'));
    refresh.update_property([Gtk.AccessibleProperty.LABEL], [_('Look Again')]);
    refresh.connect('clicked', () => void this.#read(true));
    this.#findings.set_header_suffix(refresh);
    for (const group of [this.#findings, this.#budget, about]) this.widget.add(group);
    this.widget.connect('map', () => void this.#read());
    around.daemon.on('config', () => {
      if (this.widget.get_mapped()) void this.#read();
    });
  }

  /** What was found before stays until then, unless whoever presses the button is to see that it does something. */
  async #read(isAsked = false): Promise<void> {
    const { daemon, failed } = this.#around;
    this.#version.set_subtitle(daemon.version);
    if (daemon.state !== 'ready') return;
    const before = this.#rows.filter(([, row]) => row !== this.#checking);
    if (before.length === 0 || isAsked) {
      const others = before.filter(([group]) => group !== this.#findings);
      this.#show([[this.#findings, this.#checking], ...others]);
    }
    try {
      const [findings, desktop] = await Promise.all([daemon.doctor(), daemon.rows('Desktop')]);
      this.#show([
        ...worstFirst(findings).map((row): PlacedRow => [this.#findings, this.#finding(row)]),
        ...desktop.map((row): PlacedRow => [this.#budget, budgetRow(row)]),
      ]);
    } catch (error) {
      if (this.#rows.some(([, row]) => row === this.#checking)) this.#show(before);
      failed(error);
    }
  }

  #show(rows: readonly PlacedRow[]): void {
    for (const [group, row] of this.#rows) group.remove(row);
    for (const [group, row] of rows) group.add(row);
    this.#rows = rows;
  }

  #finding({ name = '', state = '', says = '', fix }: Row): Adw.ActionRow {
    const row = new Adw.ActionRow({
      title: escaped(name),
      subtitle: escaped(fix === undefined ? says : `${says}\n→ ${fix}`),
    });
    const icon =
      { works: 'object-select-symbolic', limited: 'dialog-warning-symbolic' }[state] ?? 'dialog-error-symbolic';
    const said = { works: _('Works'), limited: _('Works in part'), missing: _('Missing') }[state] ?? state;
    const image = new Gtk.Image({ icon_name: icon, css_classes: [`finding-${state}`], tooltip_text: said });
    image.update_property([Gtk.AccessibleProperty.LABEL], [said]);
    row.add_prefix(image);
    if (fix === undefined) return row;
    const copy = new Gtk.Button({ icon_name: 'edit-copy-symbolic', css_classes: ['flat'], valign: Gtk.Align.CENTER });
    const title = fill(_('Copy How to Fix “{name}”'), { name });
    copy.set_tooltip_text(title);
    copy.update_property([Gtk.AccessibleProperty.LABEL], [title]);
    copy.connect('clicked', () => {
      const content = Gdk.ContentProvider.new_for_bytes(
        'text/plain;charset=utf-8',
        new GLib.Bytes(new TextEncoder().encode(commandIn(fix))),
      );
      copy.get_clipboard().set_content(content);
      this.#around.done(_('Copied'));
    });
    row.add_suffix(copy);
    return row;
  }
}

function checkingRow(): Adw.ActionRow {
  const title = _('Checking…');
  const row = new Adw.ActionRow({ title });
  const spinner = new Gtk.Spinner({ spinning: true });
  for (const widget of [row, spinner]) widget.update_property([Gtk.AccessibleProperty.LABEL], [title]);
  row.add_prefix(spinner);
  return row;
}

function budgetRow({ name = '', state = '', value, asked = '', current, reason, fix }: Row): Adw.ActionRow {
  const titles: Readonly<Record<string, string>> = {
    'apps-memory-max': _('Memory of all apps'),
    'apps-swap-max': _('Swap of all apps'),
    'session-memory-low': _('Memory kept for the desktop'),
  };
  const held = value !== undefined && /^\d+$/.test(value) ? bytesText(Number(value)) : (value ?? asked);
  const said = state === 'enforced' ? held : state === 'off' ? _('Off') : _('Does not hold');
  const used = current === undefined ? [] : [fill(_('{used} used'), { used: bytesText(Number(current)) })];
  const row = new Adw.ActionRow({
    title: titles[name] ?? escaped(name),
    subtitle: escaped([...used, ...[reason, fix].filter((one) => one !== undefined)].join('\n')),
  });
  row.add_suffix(new Gtk.Label({ label: said, css_classes: ['dim-label', 'numeric'] }));
  return row;
}

/** Rows of libadwaita read their titles as markup. */
function escaped(text: string): string {
  return GLib.markup_escape_text(text, -1) ?? '';
}
