import Adw from 'gi://Adw?version=1';
import Gtk from 'gi://Gtk?version=4.0';
import { translate as _, fill } from './words.ts';

/** Who made it, and which version of daemon and window this is. */
export function showAbout(window: Gtk.Window, daemon: string): void {
  const about = new Adw.AboutWindow({
    transient_for: window,
    modal: true,
    application_name: 'Ringfence',
    application_icon: 'org.ringfence.Ringfence',
    version: RINGFENCE_VERSION,
    comments: _(
      'Starts apps in a fence of their own: limits on memory, processor and tasks, and a sandbox for those that are strict',
    ),
    license_type: Gtk.License.APACHE_2_0,
    translator_credits: _('translator-credits'),
    debug_info: fill(_('Window {window}, daemon {daemon}'), { window: RINGFENCE_VERSION, daemon: daemon || '–' }),
  });
  about.present();
}
