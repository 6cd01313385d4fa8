import Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';
import Pango from 'gi://Pango?version=1.0';
import { attempt, type Surroundings } from '../page.ts';
import { bytesText, limitNumber, useOfLimit } from '../pure/amounts.ts';
import type { Instance } from '../pure/instance.ts';
import { graphOf, type History } from '../pure/samples.ts';
import { appImage, iconOf, setIcon } from '../widgets/app-icon.ts';
import { GraphArea } from '../widgets/graph.ts';
import { translate as _, translatePlural as _n, fill } from '../words.ts';
import { openLimits } from './limits-dialog.ts';

/** A running instance: what it is, what it uses, and what can be done with it. */
export class InstanceRow {
  /** Leads to the page of its app, where it has one. */
  readonly widget = new Gtk.ListBoxRow();
  #instance: Instance;
  readonly #around: Surroundings;
  readonly #icon: Gtk.Image;
  readonly #name = new Gtk.Label({
    css_classes: ['heading'],
    xalign: 0,
    wrap: true,
    wrap_mode: Pango.WrapMode.WORD_CHAR,
    natural_wrap_mode: Gtk.NaturalWrapMode.NONE,
    lines: 2,
    ellipsize: Pango.EllipsizeMode.END,
  });
  readonly #profile = new Gtk.Label({ css_classes: ['dim-label', 'caption'], xalign: 0 });
  readonly #head = new Gtk.Box();
  /** In a narrow window it takes two lines. */
  readonly #use = new Gtk.Label({ css_classes: ['numeric'], xalign: 0, wrap: true });
  readonly #graph = new GraphArea(_('The last minute'));
  readonly #graphPlace = new Adw.Squeezer({ homogeneous: false, valign: Gtk.Align.CENTER, allow_none: true });
  readonly #freeze = button('media-playback-pause-symbolic');

  constructor(instance: Instance, entry: string | undefined, around: Surroundings) {
    this.#instance = instance;
    this.#around = around;
    this.#icon = appImage(iconOf(entry));
    const limits = button('emblem-system-symbolic', _('Change Limits'));
    const stop = button('process-stop-symbolic', _('Stop'));
    limits.connect('clicked', () => openLimits(this.#instance.path, around));
    stop.connect('clicked', () => void this.#stop());
    this.#freeze.connect('clicked', () => void this.#toggleFrozen());
    const grid = new Gtk.Box({ spacing: 12, margin_top: 8, margin_bottom: 8, margin_start: 12, margin_end: 12 });
    grid.append(this.#icon);
    this.#head.append(this.#name);
    this.#head.append(this.#profile);
    grid.append(column(this.#head, this.#use));
    this.#graphPlace.add(this.#graph.widget);
    grid.append(this.#graphPlace);
    const buttons = new Gtk.Box({ spacing: 0, valign: Gtk.Align.CENTER });
    for (const one of [limits, this.#freeze, stop]) buttons.append(one);
    grid.append(buttons);
    this.widget.set_child(grid);
    this.showNarrow(false);
    this.show(instance);
  }

  /** Where there is no room beside its name, its profile stands below that, and what it uses is told without a graph. */
  showNarrow(isNarrow: boolean): void {
    this.#graphPlace.set_visible(!isNarrow);
    this.#head.set_orientation(isNarrow ? Gtk.Orientation.VERTICAL : Gtk.Orientation.HORIZONTAL);
    this.#head.set_spacing(isNarrow ? 0 : 6);
  }

  /** Shows the icon of its app, which may be known later than the instance. */
  setEntry(entry: string | undefined): void {
    setIcon(this.#icon, iconOf(entry));
  }

  /**
   * To be called when it is not shown any more. GTK keeps what is inside the row, gjs what the buttons in there do, and that knows of the
   * row: none of it would ever be freed.
   */
  takeApart(): void {
    this.widget.set_child(null);
  }

  show(instance: Instance): void {
    this.#instance = instance;
    this.widget.set_activatable(instance.app !== '');
    this.#name.set_label(instance.name);
    this.#name.set_tooltip_text(instance.name);
    const state = fill(_('{profile} · frozen'), { profile: instance.profile });
    this.#profile.set_label(instance.isFrozen ? state : instance.profile);
    this.#freeze.set_icon_name(instance.isFrozen ? 'media-playback-start-symbolic' : 'media-playback-pause-symbolic');
    name(this.#freeze, instance.isFrozen ? _('Resume') : _('Freeze'));
    if (instance.isFrozen) this.widget.add_css_class('frozen-row');
    else this.widget.remove_css_class('frozen-row');
    this.widget.update_property([Gtk.AccessibleProperty.LABEL], [instance.name]);
  }

  /** Shows what it used until now. */
  showUse(history: History): void {
    const { limits } = this.#instance;
    const last = history.readings.at(-1);
    const memory = last?.memory;
    const most = limitNumber('memory-max', limits['memory-max']);
    const isCounted = memory !== undefined;
    const ofLimit = most === undefined || !Number.isFinite(most) ? undefined : useOfLimit(memory ?? 0, most);
    const used = ofLimit === undefined ? bytesText(memory ?? 0) : fill(_('{use} of {limit}'), ofLimit);
    const tasks =
      last?.tasks === undefined ? '' : fill(_n('{count} task', '{count} tasks', last.tasks), { count: last.tasks });
    this.#use.set_label([isCounted ? used : '', cpuText(history.cpu), tasks].filter((part) => part !== '').join(' · '));
    const limit = isCounted ? most : limitNumber('cpu-quota', limits['cpu-quota']);
    this.#graph.graph = graphOf(history, isCounted ? 'memory' : 'cpu', limit);
  }

  async #stop(): Promise<void> {
    const { path, name, app } = this.#instance;
    const { daemon } = this.#around;
    const stopped = fill(_('{name} was stopped'), { name });
    const again = app === '' ? undefined : () => daemon.launch(app);
    if (await attempt(this.#around, () => daemon.stop(path))) this.#around.done(stopped, again);
  }

  async #toggleFrozen(): Promise<void> {
    const { path, name, isFrozen } = this.#instance;
    const { daemon } = this.#around;
    const said = isFrozen ? fill(_('{name} was resumed'), { name }) : fill(_('{name} is frozen'), { name });
    if (await attempt(this.#around, () => daemon.setFrozen(path, !isFrozen))) {
      this.#around.done(said, () => daemon.setFrozen(path, isFrozen));
    }
  }
}

function cpuText(cpu: number | undefined): string {
  return cpu === undefined
    ? ''
    : fill(_('{percent} % CPU'), { percent: cpu < 9.95 ? cpu.toFixed(1) : Math.round(cpu) });
}

function button(icon_name: string, title?: string): Gtk.Button {
  const made = new Gtk.Button({ icon_name, css_classes: ['flat'] });
  if (title !== undefined) name(made, title);
  return made;
}

/** What a pointer and a screen reader are told. */
function name(widget: Gtk.Button, title: string): void {
  widget.set_tooltip_text(title);
  widget.update_property([Gtk.AccessibleProperty.LABEL], [title]);
}

function column(first: Gtk.Widget, second: Gtk.Widget): Gtk.Box {
  const box = new Gtk.Box({ orientation: Gtk.Orientation.VERTICAL, hexpand: true, valign: Gtk.Align.CENTER });
  box.append(first);
  box.append(second);
  return box;
}
