import Adw from 'gi://Adw?version=1';

/** What libadwaita 1.4 brought for windows that become narrow; typings and Debian 12 are older. */
interface Breakpoint {
  connect(signal: 'apply' | 'unapply', act: () => void): void;
}
interface NewerAdw {
  readonly Breakpoint?: { new (fields: { condition: unknown }): Breakpoint };
  readonly BreakpointCondition: { parse(text: string): unknown };
}
type BreakpointWindow = Adw.ApplicationWindow & { add_breakpoint(breakpoint: Breakpoint): void };

/** Where the names of the pages have no place beside each other in the header bar. */
const narrow = 'max-width: 550sp';

/** The switch between the pages of a stack: in the header bar or, where the window is narrow, at its bottom. */
export class PageSwitch {
  readonly bottom: Adw.ViewSwitcherBar;
  readonly #header: Adw.HeaderBar;
  readonly #listeners: (() => void)[] = [];

  constructor(window: Adw.ApplicationWindow, stack: Adw.ViewStack, header: Adw.HeaderBar) {
    this.bottom = new Adw.ViewSwitcherBar({ stack });
    this.#header = header;
    const { Breakpoint, BreakpointCondition } = Adw as unknown as NewerAdw;
    if (Breakpoint === undefined) this.#addSqueezed(stack);
    else {
      // The squeezed one is deprecated, and writes warnings to the log when GTK has no size for the window yet.
      const wide = new Adw.ViewSwitcher({ stack, policy: Adw.ViewSwitcherPolicy.WIDE });
      const title = new Adw.WindowTitle({ title: 'Ringfence' });
      header.set_title_widget(wide);
      const breakpoint = new Breakpoint({ condition: BreakpointCondition.parse(narrow) });
      breakpoint.connect('apply', () => this.#show(title, true));
      breakpoint.connect('unapply', () => this.#show(wide, false));
      (window as BreakpointWindow).add_breakpoint(breakpoint);
    }
  }

  /** Whether it is at the bottom. */
  get isBelow(): boolean {
    return this.bottom.get_reveal();
  }

  onMove(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #show(title: Adw.ViewSwitcher | Adw.WindowTitle, isBelow: boolean): void {
    this.#header.set_title_widget(title);
    this.#move(isBelow);
  }

  #move(isBelow: boolean): void {
    this.bottom.set_reveal(isBelow);
    for (const listener of this.#listeners) listener();
  }

  #addSqueezed(stack: Adw.ViewStack): void {
    const title = new Adw.ViewSwitcherTitle({ stack, title: 'Ringfence' });
    title.connect('notify::title-visible', () => this.#move(title.get_title_visible()));
    this.#header.set_title_widget(title);
  }
}
