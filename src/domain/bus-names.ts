/** Names that a program takes beside its id, by exact id: Mozilla's, by which a second link finds the browser that runs. */
const knownNames: Readonly<Record<string, string>> = {
  firefox: 'org.mozilla.firefox.*',
  'firefox-esr': 'org.mozilla.firefox.*',
  librewolf: 'org.mozilla.librewolf.*',
  thunderbird: 'org.mozilla.thunderbird.*',
};

/**
 * The names an app owns without being asked: its id, where that is a bus name, and its media player; none for an id that does
 * not count (undefined). A last `.*` is xdg-dbus-proxy's: the name and everything below it. No name that holds a pid, as those
 * of tray icons do: another sandbox has the same, and who may own a name may call its owner.
 */
export function ownNamesOf(appId: string | undefined): string[] {
  if (appId === undefined) return [];
  const players = [...new Set([appId, lastWord(appId), lastWord(appId).toLowerCase()])]
    .map((word) => `org.mpris.MediaPlayer2.${word}`)
    .filter(isBusName);
  return [
    ...(judgeBusName(`${appId}.*`, 'own') === undefined ? [`${appId}.*`] : []),
    ...players.map((name) => `${name}.*`),
    ...(Object.hasOwn(knownNames, appId) ? [knownNames[appId] ?? ''] : []),
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
 * Why a word of `talk-names` cannot be had, undefined when it can. It names one interface, or one method, of one object or
 * of those below it: whoever owns a name may export something on the same connection that starts programs.
 */
export function judgeBusCall(word: string): string | undefined {
  const [, name = '', member = '', path = ''] = /^([^=]+)=([^@]+)@(\/.*)$/.exec(word) ?? [];
  if (name === '') {
    return `"${word}" must say what may be called, such as "org.example.App=org.example.Interface.*@/org/example/App"`;
  }
  const fault = judgeBusName(name, 'talk');
  if (fault !== undefined) return fault;
  if (!isBusName(member.endsWith('.*') ? member.slice(0, -2) : member)) {
    return `"${word}": "${member}" is no interface such as "org.example.Interface.*"`;
  }
  return /^(?:\/|\/\*|(?:\/\w+)+(?:\/\*)?)$/.test(path) ? undefined : `"${word}": "${path}" is no object path`;
}

/**
 * Whether a bus name that an app has asked for may be offered to its user, who may press any button: it is called like the app and like no
 * part of a desktop, so that nothing else is likely to call it.
 */
export function looksLikeOwn(appId: string, name: string): boolean {
  if (judgeBusName(name, 'own') !== undefined || name.length > longestOffered) return false;
  if (desktops.some((one) => isOrBelow(name, one))) return false;
  return lastWord(name).toLowerCase() === lastWord(appId).toLowerCase();
}

/** Whether one of the rules that own names (`own-names`, `ownNamesOf`) covers a name. */
export function covers(rules: readonly string[], name: string): boolean {
  return rules.some((rule) => (rule.endsWith('.*') ? isOrBelow(name, rule.slice(0, -2)) : name === rule));
}

/**
 * The names among `activatable` (org.freedesktop.DBus.ListActivatableNames) that the app could have started *outside*:
 * whoever may own a name may also call it, and a call to a name that nobody owns starts its service. Seen with
 * xdg-dbus-proxy 0.1.4. Each needs a service file of Ringfence's in its stead before a strict start.
 */
export function servicesWithinReach(rules: readonly string[], activatable: readonly string[]): string[] {
  return activatable.filter((name) => covers(rules, name));
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

/** Whose names their own programs call. */
const desktops = [
  ...[
    'org.freedesktop',
    'org.gnome',
    'org.gtk',
    'org.a11y',
    'org.mpris',
    'org.kde',
    'org.xfce',
    'org.mate',
    'org.lxde',
  ],
  ...['org.lxqt', 'org.cinnamon', 'org.pulseaudio', 'org.bluez', 'com.canonical', 'io.elementary'],
];

/** In bytes: it is to be read in a notification. */
const longestOffered = 80;

function reasonFor(name: string): string {
  return startersOfPrograms.includes(name) ? 'start programs outside the sandbox' : 'pose as a part of the session';
}

function isOrBelow(name: string, upper: string): boolean {
  return name === upper || name.startsWith(`${upper}.`);
}

/** D-Bus specification, "Bus names": at least two elements, none empty or begun by a digit, 255 bytes at most. */
export function isBusName(name: string): boolean {
  return name.length <= 255 && /^[A-Za-z_-][\w-]*(?:\.[A-Za-z_-][\w-]*)+$/.test(name);
}

function lastWord(appId: string): string {
  return appId.slice(appId.lastIndexOf('.') + 1);
}
