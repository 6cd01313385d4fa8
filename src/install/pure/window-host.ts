/** What gjs says of itself and of the libraries that the window is made with, or why it says nothing. */
export type WindowHost =
  | { readonly gjs: number; readonly gtk: number; readonly adw: number }
  | { readonly problem: string };

/** Prints what `readWindowHost` reads. Loading the libraries needs no display. */
export const windowHostScript =
  'imports.gi.versions.Gtk = "4.0"; imports.gi.versions.Adw = "1"; const { Adw, Gtk } = imports.gi; ' +
  'print(imports.system.version, Gtk.MINOR_VERSION, Adw.MINOR_VERSION)';

/** The output of `windowHostScript`: "17402 8 2" for gjs 1.74.2, GTK 4.8 and libadwaita 1.2. */
export function readWindowHost(stdout: string, stderr: string): WindowHost {
  const [, gjs, gtk, adw] = /^(\d+) (\d+) (\d+)$/m.exec(stdout) ?? [];
  if (gjs !== undefined) return { gjs: Number(gjs), gtk: Number(gtk), adw: Number(adw) };
  const library = /Requiring (\w+)/.exec(stderr)?.[1];
  if (library === 'Gtk') return { problem: 'GTK 4 is not installed' };
  if (library === 'Adw') return { problem: 'libadwaita is not installed' };
  return { problem: `gjs cannot load GTK and libadwaita: ${stderr.trim().split('\n')[0] ?? ''}` };
}

/** Why the window cannot run here, and what helps; undefined where it can. */
export function judgeWindowHost(host: WindowHost): { readonly reason: string; readonly fix: string } | undefined {
  if ('problem' in host) {
    return {
      reason: host.problem,
      fix: 'install gjs, GTK 4 and libadwaita (on Debian and Ubuntu the packages gjs, gir1.2-gtk-4.0 and gir1.2-adw-1)',
    };
  }
  const old = [
    ...(host.gjs < 17_400 ? [`gjs ${Math.trunc(host.gjs / 10_000)}.${Math.trunc(host.gjs / 100) % 100}`] : []),
    ...(host.gtk < 8 ? [`GTK 4.${host.gtk}`] : []),
    ...(host.adw < 2 ? [`libadwaita 1.${host.adw}`] : []),
  ];
  if (old.length === 0) return undefined;
  const fix = 'update to a release with gjs 1.74, GTK 4.8 and libadwaita 1.2 or newer';
  return { reason: `${old.join(' and ')} ${old.length === 1 ? 'is' : 'are'} too old`, fix };
}
