import GLib from 'gi://GLib?version=2.0';
import Gettext from 'gettext';

declare global {
  interface ImportMeta {
    /** Of the program: all of it is one bundle. */
    readonly url: string;
  }
}

/**
 * Tells gettext where this copy's catalogues are: beside the program, where the build and "ringfence install" put them, or in the
 * folder that all programs share, where packages do (/usr/lib/ringfence/ringfence-window has /usr/share/locale).
 */
export function bindLocale(): void {
  const program = GLib.filename_from_uri(import.meta.url)[0];
  const folder = GLib.path_get_dirname(program);
  const own = GLib.build_filenamev([folder, 'window', 'locale']);
  const shared = GLib.canonicalize_filename('../../share/locale', folder);
  Gettext.bindtextdomain('ringfence', GLib.file_test(own, GLib.FileTest.IS_DIR) ? own : shared);
}
