import GLib from 'gi://GLib?version=2.0';
import Gettext from 'gettext';
import { besideProgram } from './own-files.ts';

/**
 * Tells gettext where this copy's catalogues are: beside the program, where the build and "ringfence install" put them, or in the
 * folder that all programs share, where packages do (/usr/lib/ringfence/ringfence-window has /usr/share/locale).
 */
export function bindLocale(): void {
  const own = besideProgram('window/locale');
  const shared = besideProgram('../../share/locale');
  Gettext.bindtextdomain('ringfence', GLib.file_test(own, GLib.FileTest.IS_DIR) ? own : shared);
}
