import Gio from 'gi://Gio?version=2.0';
import type { Daemon } from '../io/daemon.ts';
import { type App, appFrom } from '../pure/apps.ts';

/** The apps of this computer, read anew when the daemon says that they changed. */
export class AppList {
  apps: readonly App[] = [];
  /** Before the first answer there is nothing to say of them. */
  isKnown = false;
  readonly #daemon: Daemon;
  readonly #listeners = new Set<() => void>();
  readonly #monitor = Gio.AppInfoMonitor.get();
  #byId = new Map<string, App>();
  #isReading = false;
  #isStale = false;

  constructor(daemon: Daemon) {
    this.#daemon = daemon;
    daemon.on('apps', () => void this.read());
    // What is installed or removed while nothing is enabled, the daemon has no reason to follow.
    this.#monitor.connect('changed', () => void this.read());
  }

  find(id: string): App | undefined {
    return this.#byId.get(id) ?? this.#byId.get(`${id}.desktop`);
  }

  /** The path of an app's own desktop entry. */
  entryOf(id: string): string | undefined {
    return this.#byId.get(id)?.entry;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** One reading at a time, and one more for what changed meanwhile. */
  async read(): Promise<void> {
    if (this.#daemon.state !== 'ready') return;
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        // GIO watches the folders of apps from a question about them until they change, which it tells once.
        Gio.AppInfo.get_default_for_type('x-content/none', false);
        this.apps = (await this.#daemon.listApps()).map(appFrom);
        this.#byId = new Map(this.apps.map((app) => [app.id, app]));
        this.isKnown = true;
        for (const listener of this.#listeners) listener();
      }
    } catch {
      // The bar above the pages says that the daemon does not answer; the next sign of life reads again.
      this.#isStale = false;
    } finally {
      this.#isReading = false;
    }
  }
}
