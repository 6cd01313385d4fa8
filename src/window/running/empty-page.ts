import Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';
import type { AppList } from '../apps/app-list.ts';
import { attempt, type Surroundings } from '../page.ts';
import { browsersIn, isEnabled } from '../pure/apps.ts';
import { translate as _, fill } from '../words.ts';

/** What there is to do while nothing runs. Before any app is enabled: what a fence is, and a button for the browsers that are there. */
export class EmptyPage {
  readonly widget = new Adw.StatusPage({ icon_name: 'org.ringfence.Ringfence-symbolic' });
  readonly #around: Surroundings;
  readonly #apps: AppList;
  readonly #button = new Gtk.Button({ halign: Gtk.Align.CENTER, css_classes: ['pill', 'suggested-action'] });

  constructor(around: Surroundings, apps: AppList) {
    this.#around = around;
    this.#apps = apps;
    this.widget.set_child(this.#button);
    this.#button.connect('clicked', () => void this.#fence());
    apps.onChange(() => this.#show());
    this.#show();
  }

  #show(): void {
    const { apps, isKnown } = this.#apps;
    const isFirst = isKnown && !apps.some(isEnabled);
    const browsers = isFirst ? browsersIn(apps) : [];
    const names = browsers.map(({ name }) => name).join(', ');
    this.#button.set_visible(browsers.length > 0);
    this.#button.set_label(fill(_('Fence {names}'), { names }));
    if (isFirst) {
      this.widget.set_title(_('Welcome to Ringfence'));
      this.widget.set_description(
        [
          _('An app in a fence can use only a set share of this computer, so it cannot freeze the rest.'),
          _('You start it by its usual icon, as before.'),
          _('Browsers need it most. Every other app has a switch under Apps.'),
        ].join(' '),
      );
      return;
    }
    this.widget.set_title(_('Nothing Runs in a Fence'));
    this.widget.set_description(
      apps.some(isEnabled)
        ? _('Start an app that is switched on under Apps by its usual icon, and it appears here.')
        : _('Switch an app on under Apps, then start it by its usual icon: it appears here.'),
    );
  }

  async #fence(): Promise<void> {
    const { daemon, done } = this.#around;
    const browsers = browsersIn(this.#apps.apps);
    const ids = browsers.map(({ id }) => id);
    const [{ name = '' } = {}] = browsers;
    const count = browsers.length;
    if (await attempt(this.#around, () => daemon.setEnabled(ids, true))) {
      const said =
        count === 1
          ? fill(_('{name} starts in its fence now'), { name })
          : fill(_('{count} browsers start in their fences now'), { count });
      done(said, () => daemon.setEnabled(ids, false));
    }
  }
}
