import Gtk from 'gi://Gtk?version=4.0';

/** A line above the pages that says what is wrong for as long as it is, with a button where something can be done. */
export class ProblemBar {
  readonly widget = new Gtk.Revealer();
  readonly #label = new Gtk.Label({ wrap: true, wrap_mode: 2, xalign: 0, hexpand: true, selectable: true });
  readonly #button = new Gtk.Button({ valign: Gtk.Align.CENTER, visible: false });
  #act = () => {};

  constructor() {
    const box = new Gtk.Box({ spacing: 12, css_classes: ['problem'] });
    box.append(new Gtk.Image({ icon_name: 'dialog-warning-symbolic' }));
    box.append(this.#label);
    box.append(this.#button);
    this.#button.connect('clicked', () => this.#act());
    this.widget.set_child(box);
    // What is folded up is still in the accessibility tree.
    this.widget.connect('notify::child-revealed', () => {
      if (!this.widget.child_revealed) this.#label.set_label('');
    });
  }

  /** Shows a problem; undefined: there is none. */
  show(problem: string | undefined, button?: { readonly label: string; act(): void }): void {
    if (problem !== undefined) this.#label.set_label(problem);
    this.#button.set_visible(button !== undefined);
    if (button !== undefined) {
      this.#button.set_label(button.label);
      this.#act = button.act;
    }
    this.widget.set_reveal_child(problem !== undefined);
  }
}
