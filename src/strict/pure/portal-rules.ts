/**
 * What of the portals an app may call, one by one, as rules of xdg-dbus-proxy. They know who the app is (`flatpakInfo`), and each of
 * those that give away something of the user's asks or remembers the answer for that id.
 *
 * Closed stay those that act outside with what the app hands them, or without being asked: Trash and OpenFile rename and open
 * files by a descriptor, GameMode runs what a settings file names, RemoteDesktop, InputCapture and GlobalShortcuts have the keys,
 * Background, DynamicLauncher and Wallpaper write what is used later, Realtime lifts limits, Screenshot may be answered for good.
 * SaveFiles asks for a folder and takes names such as "../../x" without showing them. Print opens for the apps of which the user says so: its
 * dialog begins with what the app has put into it, "Print to File" and the file among that, and its one button writes the app's bytes there as
 * they are (GTK's backend: ~/.bashrc).
 * Of files an app gets what is chosen or dragged to it, and offers none itself: what it could make a document of it has already, others
 * would be handed files of the system by it, and a document's or transfer's number tells the next ones (xdg-desktop-portal 1.16 and 1.20,
 * g_random_int), among them that of a drag between others.
 */
export function portalRules({ openLinks, printing }: Readonly<Record<'openLinks' | 'printing', boolean>>): string[] {
  const opened = [
    ...(openLinks ? ['OpenURI.OpenURI'] : []),
    ...(printing ? ['Print.PreparePrint', 'Print.Print'] : []),
  ];
  return [
    ...[...interfaces.map((name) => `${name}.*`), 'FileChooser.OpenFile', 'FileChooser.SaveFile', ...opened].map(
      (name) => `--call=${desktop}=org.freedesktop.portal.${name}@${desktopPath}`,
    ),
    `--call=${desktop}=org.freedesktop.DBus.Properties.*@${desktopPath}`,
    ...['Request', 'Session'].map((name) => `--call=${desktop}=org.freedesktop.portal.${name}.*@${desktopPath}/*`),
    `--broadcast=${desktop}=*@${desktopPath}`,
    `--broadcast=${desktop}=*@${desktopPath}/*`,
    ...['Documents.GetMountPoint', 'Documents.GetHostPaths', 'FileTransfer.RetrieveFiles'].map(
      (name) => `--call=${documents}=org.freedesktop.portal.${name}@${documentsPath}`,
    ),
    `--call=${documents}=org.freedesktop.DBus.Properties.*@${documentsPath}`,
    `--broadcast=${documents}=org.freedesktop.portal.FileTransfer.*@${documentsPath}`,
  ];
}

const desktop = 'org.freedesktop.portal.Desktop';
const desktopPath = '/org/freedesktop/portal/desktop';
const documents = 'org.freedesktop.portal.Documents';
const documentsPath = '/org/freedesktop/portal/documents';

const interfaces = [
  ...['Settings', 'Notification', 'Inhibit', 'NetworkMonitor', 'ProxyResolver', 'MemoryMonitor', 'PowerProfileMonitor'],
  ...['Camera', 'ScreenCast', 'Secret'],
];
