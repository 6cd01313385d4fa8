import { join } from 'node:path';
import type { OwnedDisk } from '../platform/owned-files/disk.ts';
import type { ShadowPlaces } from './shadow-workshop.ts';

/**
 * An entry that runs this script and is none of those that are `going`: one of the user's, or a copy in one of the places where
 * desktops put copies, which are the desktop itself, what is started with the session (GNOME Tweaks) and the panels of Xfce and MATE.
 * Others keep the id only.
 */
export function findCopy(
  script: string,
  { home, dataHome, configHome }: ShadowPlaces,
  disk: OwnedDisk,
  going: ReadonlySet<string>,
): string | undefined {
  const panel = join(configHome, 'xfce4/panel');
  const folders = [
    join(dataHome, 'applications'),
    join(configHome, 'autostart'),
    desktopFolder(home, textOf(join(configHome, 'user-dirs.dirs'), disk)),
    join(configHome, 'mate/panel2.d/default/launchers'),
    ...disk.list(panel).map((name) => join(panel, name)),
  ];
  for (const folder of folders) {
    for (const name of disk.list(folder)) {
      const path = join(folder, name);
      if (name.endsWith('.desktop') && !going.has(path) && textOf(path, disk).includes(script)) return path;
    }
  }
  return undefined;
}

/** As xdg-user-dirs has it. */
function desktopFolder(home: string, userFolders: string): string {
  const [, below, path = 'Desktop'] = /^XDG_DESKTOP_DIR="(\$HOME\/|)(.+)"$/m.exec(userFolders) ?? [];
  return below === '' ? path : join(home, path);
}

function textOf(path: string, disk: OwnedDisk): string {
  try {
    return disk.look(path).state === 'file' ? disk.read(path).toString('utf8') : '';
  } catch {
    return '';
  }
}
