import Adw from 'gi://Adw?version=1';
import Gdk from 'gi://Gdk?version=4.0';
import GLib from 'gi://GLib?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import type { AppList } from '../apps/app-list.ts';
import type { Row } from '../io/daemon.ts';
import type { Surroundings } from '../page.ts';
import { bytesText, limitNumber, useOfLimit } from '../pure/amounts.ts';
import { inOrder } from '../pure/instance.ts';
import { type History, noHistory, readUsage, withReading } from '../pure/samples.ts';
import { translate as _, fill } from '../words.ts';
import { EmptyPage } from './empty-page.ts';
import { InstanceRow } from './instance-row.ts';

/** Between two readings, in ms. */
const pace = 1000;

/** What runs in a fence, and all of it together. It asks the daemon only while it can be seen. */
export class RunningPage {
  readonly widget = new Gtk.Stack({ hhomogeneous: false, vhomogeneous: false });
  readonly #around: Surroundings;
  readonly #apps: AppList;
  readonly #list = new Gtk.ListBox({ selection_mode: Gtk.SelectionMode.NONE, css_classes: ['boxed-list'] });
  readonly #total = new Gtk.Label({ xalign: 0, wrap: true, css_classes: ['dim-label', 'numeric'] });
  readonly #bar = new Gtk.LevelBar({ visible: false });
  readonly #rows = new Map<string, InstanceRow>();
  readonly #histories = new Map<string, History>();
  #timer = 0;
  #surface: (Gdk.Surface & Gdk.Toplevel) | undefined;
  #isAsking = false;
  #isNarrow = false;

  constructor(around: Surroundings, apps: AppList) {
    this.#around = around;
    this.#apps = apps;
    const box = new Gtk.Box({
      orientation: Gtk.Orientation.VERTICAL,
      spacing: 12,
      margin_top: 24,
      // Room for what is said at the bottom of the window.
      margin_bottom: 72,
      margin_start: 12,
      margin_end: 12,
    });
    this.#list.update_property([Gtk.AccessibleProperty.LABEL], [_('Running apps')]);
    this.#bar.update_property([Gtk.AccessibleProperty.LABEL], [_('Memory of all apps together')]);
    this.#list.connect('row-activated', (_list, row) => {
      const path = [...this.#rows].find(([, { widget }]) => widget === row)?.[0];
      const app = this.#around.daemon.instances.get(path ?? '')?.app ?? '';
      if (app !== '') this.#around.showApp(app);
    });
    for (const widget of [this.#total, this.#bar, this.#list]) box.append(widget);
    const clamp = new Adw.Clamp({ maximum_size: 900, child: box });
    const scrolled = new Gtk.ScrolledWindow({ hscrollbar_policy: Gtk.PolicyType.NEVER, child: clamp });
    this.widget.add_named(new EmptyPage(around, apps).widget, 'empty');
    this.widget.add_named(scrolled, 'list');
    this.widget.connect('map', () => this.#mapped());
    this.widget.connect('unmap', () => {
      this.#pace();
      this.#histories.clear();
    });
    around.daemon.on('instances', () => this.#follow());
    apps.onChange(() => {
      for (const [path, row] of this.#rows) row.setEntry(this.#entryOf(path));
    });
    this.#follow();
  }

  /** Whether names and what stands beside them have no room on one line. */
  showNarrow(isNarrow: boolean): void {
    this.#isNarrow = isNarrow;
    for (const row of this.#rows.values()) row.showNarrow(isNarrow);
  }

  #entryOf(path: string): string | undefined {
    return this.#apps.entryOf(this.#around.daemon.instances.get(path)?.app ?? '');
  }

  /** Rows come, go and change with the instances; those that stay keep their place and focus. */
  #follow(): void {
    const { instances } = this.#around.daemon;
    for (const [path, row] of this.#rows) {
      if (instances.has(path)) continue;
      this.#list.remove(row.widget);
      row.takeApart();
      this.#rows.delete(path);
      this.#histories.delete(path);
    }
    for (const [index, instance] of inOrder(instances.values()).entries()) {
      const row = this.#rows.get(instance.path);
      if (row !== undefined) row.show(instance);
      else {
        const made = new InstanceRow(instance, this.#entryOf(instance.path), this.#around);
        made.showNarrow(this.#isNarrow);
        this.#rows.set(instance.path, made);
        this.#list.insert(made.widget, index);
      }
    }
    this.widget.set_visible_child_name(instances.size === 0 ? 'empty' : 'list');
    this.#pace();
  }

  /** What is used is read once a second while there is something to be seen of it; otherwise no timer runs. */
  #pace(): void {
    const isWanted = this.widget.get_mapped() && !this.#isHidden() && this.#around.daemon.instances.size > 0;
    if (isWanted === (this.#timer !== 0)) return;
    if (!isWanted) {
      GLib.source_remove(this.#timer);
      this.#timer = 0;
      return;
    }
    void this.#read();
    this.#timer = GLib.timeout_add(GLib.PRIORITY_DEFAULT, pace, () => {
      void this.#read();
      return GLib.SOURCE_CONTINUE;
    });
  }

  /** A window that is minimized stays mapped; from GTK 4.12 on one that nothing is seen of is suspended. */
  #isHidden(): boolean {
    const { MINIMIZED, SUSPENDED = 0 } = Gdk.ToplevelState as typeof Gdk.ToplevelState & { SUSPENDED?: number };
    return ((this.#surface?.get_state() ?? 0) & (MINIMIZED | SUSPENDED)) !== 0;
  }

  #mapped(): void {
    if (this.#surface === undefined) {
      this.#surface = this.widget.get_native()?.get_surface() as (Gdk.Surface & Gdk.Toplevel) | undefined;
      this.#surface?.connect('notify::state', () => this.#pace());
    }
    this.#pace();
  }

  /** One that does not answer is not asked twice. */
  async #read(): Promise<void> {
    const { daemon } = this.#around;
    if (this.#isAsking || daemon.state !== 'ready' || daemon.instances.size === 0) return;
    this.#isAsking = true;
    try {
      const [usage, desktop] = await Promise.all([daemon.listUsage(), daemon.rows('Desktop')]);
      const at = GLib.get_monotonic_time() / 1000;
      for (const [path, row] of this.#rows) {
        const own = usage[path];
        if (own === undefined) continue;
        const history = withReading(this.#histories.get(path) ?? noHistory, readUsage(own, at));
        this.#histories.set(path, history);
        row.showUse(history);
      }
      this.#showTotal(desktop);
    } catch {
      // The bar above the pages says that it does not answer.
    } finally {
      this.#isAsking = false;
    }
  }

  #showTotal(desktop: readonly Row[]): void {
    const row = desktop.find(({ name }) => name === 'apps-memory-max');
    const used = [...this.#histories.values()].reduce((sum, { readings }) => sum + (readings.at(-1)?.memory ?? 0), 0);
    const all = Number(row?.['current'] ?? used);
    const most = limitNumber('memory-max', row?.['value']);
    const isBounded = most !== undefined && Number.isFinite(most) && row?.['state'] === 'enforced';
    this.#bar.set_visible(isBounded);
    if (isBounded) {
      this.#bar.set_value(Math.min(1, all / most));
      this.#total.set_label(fill(_('All apps together use {use} of {limit}'), useOfLimit(all, most)));
    } else if (all > 0) this.#total.set_label(fill(_('All apps together use {use}'), { use: bytesText(all) }));
    this.#total.set_visible(all > 0);
  }
}
