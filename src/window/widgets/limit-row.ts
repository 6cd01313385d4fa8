import Adw from 'gi://Adw?version=1';
import GLib from 'gi://GLib?version=2.0';
import Gtk from 'gi://Gtk?version=4.0';
import { bytesText, limitNumber } from '../pure/amounts.ts';
import { amountAt, type LimitScale, notchOf } from '../pure/limit-scale.ts';
import { translate as _, fill } from '../words.ts';

/** How long a slider has to rest before its value counts, in ms. */
const rest = 600;

/** A mark at a slider: what it stands for, and where. */
export interface Mark {
  readonly label: string;
  readonly amount: number;
}

/** A limit as a slider, with its value in words beside the title. The last notch is no limit at all. */
export class LimitRow {
  readonly widget: Adw.PreferencesRow;
  readonly #scale: LimitScale;
  readonly #slider: Gtk.Scale;
  readonly #value = new Gtk.Label({ css_classes: ['dim-label', 'numeric'] });
  readonly #onChange: (amount: number) => void;
  #isSetting = false;
  #timer = 0;

  constructor(title: string, scale: LimitScale, onChange: (amount: number) => void) {
    this.#scale = scale;
    this.#onChange = onChange;
    const last = scale.notches.length - 1;
    this.#slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, last, 1);
    this.#slider.set_draw_value(false);
    this.#slider.set_round_digits(0);
    this.#slider.set_hexpand(true);
    this.#slider.update_property([Gtk.AccessibleProperty.LABEL], [title]);
    this.#slider.connect('value-changed', () => this.#moved());
    const head = new Gtk.Box({ spacing: 12 });
    head.append(new Gtk.Label({ label: title, xalign: 0, hexpand: true }));
    head.append(this.#value);
    const box = new Gtk.Box({
      orientation: Gtk.Orientation.VERTICAL,
      margin_top: 8,
      margin_bottom: 8,
      margin_start: 12,
      margin_end: 12,
    });
    box.append(head);
    box.append(this.#slider);
    this.widget = new Adw.PreferencesRow({ title, child: box, activatable: false });
    this.widget.update_property([Gtk.AccessibleProperty.LABEL], [title]);
  }

  /** Shows a value. What is being dragged is left alone. */
  show(text: string | undefined, whole?: number): void {
    if (this.#timer !== 0) return;
    this.#isSetting = true;
    const amount = limitNumber(this.#scale.name, text, whole);
    this.#slider.set_value(notchOf(this.#scale, amount));
    this.#isSetting = false;
    this.#tell(amount ?? Number.POSITIVE_INFINITY);
  }

  set marks(marks: readonly Mark[]) {
    this.#slider.clear_marks();
    for (const { label, amount } of marks) {
      this.#slider.add_mark(notchOf(this.#scale, amount), Gtk.PositionType.BOTTOM, `<small>${label}</small>`);
    }
  }

  #moved(): void {
    const amount = amountAt(this.#scale, this.#slider.get_value());
    this.#tell(amount);
    if (this.#isSetting) return;
    if (this.#timer !== 0) GLib.source_remove(this.#timer);
    this.#timer = GLib.timeout_add(GLib.PRIORITY_DEFAULT, rest, () => {
      this.#timer = 0;
      this.#onChange(amount);
      return GLib.SOURCE_REMOVE;
    });
  }

  #tell(amount: number): void {
    const text = amountText(this.#scale.name, amount);
    this.#value.set_label(text);
    this.#slider.update_property([Gtk.AccessibleProperty.VALUE_TEXT], [text]);
  }
}

/** A limit in words: "4 GiB", "2 cores", "No limit". */
function amountText(name: string, amount: number): string {
  if (!Number.isFinite(amount)) return _('No limit');
  if (name === 'cpu-quota') return fill(_('{percent} % of a core'), { percent: Math.round(amount) });
  return name === 'tasks-max' ? String(amount) : bytesText(amount);
}
