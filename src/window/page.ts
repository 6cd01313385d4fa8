import type Gtk from 'gi://Gtk?version=4.0';
import type { Daemon } from './io/daemon.ts';

/** How long something that can be undone stays in sight, in s. */
export const toastSeconds = 20;

/** What every page is given of the window around it. */
export interface Surroundings {
  readonly daemon: Daemon;
  /** The window, for what opens above it. */
  readonly window: Gtk.Window;
  /** Says what was done, with a button that takes it back where it can be. */
  done(what: string, undo?: () => Promise<unknown>): void;
  /** Says what did not work, in the words of whoever refused. */
  failed(error: unknown): void;
  /** Asks before something is done. */
  confirm(heading: string, body: string, action: string): Promise<boolean>;
  /** Opens an app's page, by its desktop id. */
  showApp(id: string): void;
}

/** Does something that may be refused, and says so. Resolves to whether it was done. */
export async function attempt({ failed }: Surroundings, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}
