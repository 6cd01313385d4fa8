/**
 * The names an app owns without being asked: its id, where that is a bus name, its media player and its tray icon.
 * A last `.*` is xdg-dbus-proxy's: the name and everything below it.
 */
export function ownNamesOf(appId: string): string[] {
  const players = [...new Set([appId, lastWord(appId), lastWord(appId).toLowerCase()])]
    .map((word) => `org.mpris.MediaPlayer2.${word}`)
    .filter(isBusName);
  return [
    ...(isBusName(appId) && judgeBusName(appId, 'own') === undefined ? [`${appId}.*`] : []),
    ...players.map((name) => `${name}.*`),
    ...trayNames,
  ];
}

/**
 * Why a word of `own-names` or `talk-names` cannot be had, undefined when it can: not a well-known bus name (with a
 * last `.*` for all below it), or one, perhaps inside the `.*`, that starts programs outside the sandbox.
 */
export function judgeBusName(word: string, use: 'own' | 'talk'): string | undefined {
  const wide = word.endsWith('.*');
  const name = wide ? word.slice(0, -2) : word;
  if (!isBusName(name)) return `"${word}" is not a bus name such as "org.example.App" or "org.example.App.*"`;
  const closed = use === 'talk' ? startersOfPrograms : [...startersOfPrograms, ...namesOfTheSession];
  const reached = closed.find((one) => isOrBelow(name, one) || (wide && isOrBelow(one, name)));
  return reached && `"${word}" would reach ${reached}, which lets an app ${reasonFor(reached)}`;
}

/**
 * The names among `activatable` (org.freedesktop.DBus.ListActivatableNames) that the app could have started *outside*:
 * whoever may own a name may also call it, and a call to a name that nobody owns starts its service. Seen with
 * xdg-dbus-proxy 0.1.4. Each needs a service file of Ringfence's in its stead before a strict start.
 */
export function servicesWithinReach(
  appId: string,
  ownNames: readonly string[],
  activatable: readonly string[],
): string[] {
  const rules = [...ownNamesOf(appId), ...ownNames];
  return activatable.filter((name) =>
    rules.some((rule) => (rule.endsWith('.*') ? isOrBelow(name, rule.slice(0, -2)) : name === rule)),
  );
}

const startersOfPrograms = [
  ...['org.freedesktop.systemd1', 'org.ringfence', 'org.freedesktop.DBus', 'org.freedesktop.Flatpak'],
  ...['org.freedesktop.portal.Flatpak', 'org.gnome.Shell', 'org.gnome.SessionManager', 'ca.desrt.dconf'],
];

const namesOfTheSession = [
  ...[
    'org.freedesktop.portal',
    'org.freedesktop.impl.portal',
    'org.freedesktop.secrets',
    'org.freedesktop.Notifications',
  ],
  ...['org.a11y', 'org.freedesktop.ScreenSaver', 'org.kde.StatusNotifierWatcher', 'org.gtk.vfs'],
];

function reasonFor(name: string): string {
  return startersOfPrograms.includes(name) ? 'start programs outside the sandbox' : 'pose as a part of the session';
}

function isOrBelow(name: string, upper: string): boolean {
  return name === upper || name.startsWith(`${upper}.`);
}

/** D-Bus specification, "Bus names": at least two elements, none empty or begun by a digit, 255 bytes at most. */
function isBusName(name: string): boolean {
  return name.length <= 255 && /^[A-Za-z_-][\w-]*(?:\.[A-Za-z_-][\w-]*)+$/.test(name);
}

function lastWord(appId: string): string {
  return appId.slice(appId.lastIndexOf('.') + 1);
}

/**
 * A tray icon's name holds the pid that the app sees (StatusNotifierItem-PID-NUMBER), and the proxy knows no pattern
 * for half a word. The first process has pid 2; a wrapper or two come before some apps.
 */
const trayNames = [2, 3, 4, 5].flatMap((pid) => [1, 2].map((number) => `org.kde.StatusNotifierItem-${pid}-${number}`));
