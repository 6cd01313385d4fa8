import Adw from 'gi://Adw?version=1';
import Gio from 'gi://Gio?version=2.0';
import GLib from 'gi://GLib?version=2.0';
import { loadStyle } from './load-style.ts';
import { MainWindow } from './main-window.ts';
import { translate as _ } from './words.ts';

/** The id of the application, of its desktop entry and icon, and its name on the session bus. */
const applicationId = 'org.ringfence.Ringfence';

/**
 * The application. `--app DESKTOP-ID`, or its action "show-app" with the id as a string, opens that app's page; so does
 * org.freedesktop.Application.ActivateAction over the bus.
 */
export function makeApplication(): Adw.Application {
  const application = new Adw.Application({
    application_id: applicationId,
    flags: Gio.ApplicationFlags.HANDLES_COMMAND_LINE,
  });
  GLib.set_application_name('Ringfence');
  application.add_main_option(
    'app',
    0,
    GLib.OptionFlags.NONE,
    GLib.OptionArg.STRING,
    _('Open the page of this app'),
    'DESKTOP-ID',
  );
  let window: MainWindow | undefined;
  const present = (): MainWindow => {
    window ??= new MainWindow(
      application,
      application.get_dbus_connection() ?? Gio.bus_get_sync(Gio.BusType.SESSION, null),
    );
    window.present();
    return window;
  };
  const showApp = new Gio.SimpleAction({ name: 'show-app', parameter_type: new GLib.VariantType('s') });
  showApp.connect('activate', (_action, id) => present().showApp(id?.get_string()[0] ?? ''));
  application.add_action(showApp);
  const add = (name: string, keys: string[], act: () => void) => {
    const action = new Gio.SimpleAction({ name });
    action.connect('activate', act);
    application.add_action(action);
    application.set_accels_for_action(`app.${name}`, keys);
  };
  application.connect('startup', () => {
    loadStyle();
    add('about', [], () => present().showAbout());
    add('preferences', ['<Control>comma'], () => present().showPreferences());
    add('shortcuts', ['<Control>question'], () => present().showShortcuts());
    add('quit', ['<Control>q'], () => application.quit());
  });
  application.connect('activate', () => present());
  application.connect('command-line', (_application, line: Gio.ApplicationCommandLine) => {
    const app = line.get_options_dict().lookup_value('app', new GLib.VariantType('s'));
    if (app === null) application.activate();
    else application.activate_action('show-app', app);
    return 0;
  });
  return application;
}
