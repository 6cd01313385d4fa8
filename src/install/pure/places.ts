import { RingfenceError } from '../../domain/errors.ts';
import { windowId } from '../../domain/window-id.ts';
import { xdgFolders } from '../../domain/xdg-folders.ts';

/** Folders of a user's own, absolute, without a slash at the end. */
export interface InstallPlaces {
  /** $XDG_DATA_HOME. */
  readonly data: string;
  readonly state: string;
  readonly cache: string;
  /** Where the programs are linked: the Base Directory Specification's ~/.local/bin, which has no variable. */
  readonly bin: string;
  /** The copy of the package: programs, templates and the journal's binding, laid out as in the package itself. */
  readonly package: string;
  readonly manifest: string;
  readonly staging: string;
  readonly unit: string;
  /** The link by which the unit is started with the desktop session. */
  readonly wanted: string;
  readonly service: string;
  /** The window's desktop entry. */
  readonly windowEntry: string;
  /** By which the bus starts the window. */
  readonly windowService: string;
}

export const unitName = 'ringfence.service';

/**
 * Where an installation for one user goes. The unit is in the data folder, not in ~/.config: systemd.unit(5) has
 * $XDG_DATA_HOME/systemd/user for units of packages installed in the home folder, so that what the user writes to ~/.config
 * (systemctl --user edit, mask) keeps precedence over it.
 * @throws RingfenceError InvalidArgument without a home
 */
export function installPlaces(environment: Readonly<Record<string, string | undefined>>): InstallPlaces {
  const { home, data, state, cache } = xdgFolders(environment);
  if (home === undefined || data === undefined || state === undefined || cache === undefined) {
    throw new RingfenceError('InvalidArgument', 'cannot install: HOME is not set to an absolute path');
  }
  return {
    data,
    state,
    cache,
    bin: `${home}/.local/bin`,
    package: `${data}/ringfence`,
    manifest: `${data}/ringfence/install.json`,
    staging: `${data}/ringfence/install-staging`,
    unit: `${data}/systemd/user/${unitName}`,
    wanted: `${data}/systemd/user/graphical-session.target.wants/${unitName}`,
    service: `${data}/dbus-1/services/org.ringfence.Ringfence1.service`,
    windowEntry: `${data}/applications/${windowId}.desktop`,
    windowService: `${data}/dbus-1/services/${windowId}.service`,
  };
}
