import { randomBytes } from 'node:crypto';
import type { BusConnection } from '../platform/dbus/connection.ts';
import { type Variant, variant } from '../platform/dbus/signature.ts';
import { openAppWindow } from '../platform/desktop/app-window.ts';
import type { Log } from '../platform/journal/log.ts';
import { type LimitNotices, type NoticePorts, openLimitNotices } from '../watch/limit-notices.ts';

const server = {
  destination: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
};

/** What notices need of the rest of the daemon. */
export interface NoticeSurroundings {
  readonly isWanted: NoticePorts['isWanted'];
  launch(app: string, options: ReadonlyMap<string, string>): Promise<unknown>;
  /** What the entry of an app has as its icon. */
  iconOf(app: string): Promise<string | undefined>;
}

/** Notices over org.freedesktop.Notifications; its signals are listened to from the first notice on. */
export function wireNotices(
  { bus, log }: { readonly bus: BusConnection; readonly log: Log },
  { isWanted, launch, iconOf }: NoticeSurroundings,
): LimitNotices {
  const window = openAppWindow(bus);
  let listening: Promise<unknown> | undefined;
  const listen = () => {
    const { destination, ...place } = server;
    const on = (member: string, listener: (body: readonly unknown[]) => void) =>
      bus.subscribe({ sender: destination, ...place, member }, ({ body }) => listener(body));
    return Promise.all([
      on('ActivationToken', ([number, token]) => notices.token(Number(number), String(token))),
      on('ActionInvoked', ([number, key]) => void notices.pressed(Number(number), String(key))),
      on('NotificationClosed', ([number]) => notices.closed(Number(number))),
    ]);
  };
  const notices = openLimitNotices({
    isWanted,
    async show({ summary, body, desktopEntry, icon, isUrgent, buttons }, replaces) {
      listening ??= listen();
      await listening;
      // Critical stays until it is read.
      const hints = new Map<string, Variant>([['urgency', variant('y', isUrgent ? 2 : 1)]]);
      if (desktopEntry !== '') hints.set('desktop-entry', variant('s', desktopEntry));
      const words: [string, number, string, string, string] = [
        'Ringfence',
        replaces,
        icon,
        summary,
        escapeMarkup(body),
      ];
      const call = { ...server, member: 'Notify' };
      const [number] = await bus.call(call, 'susssasa{sv}i', [...words, buttons.flat(), hints, -1], 'u');
      return number;
    },
    async means(app) {
      if (app === '') return { canShow: false };
      const [canShow, icon] = await Promise.all([window.isThere(), iconOf(app).catch(() => undefined)]);
      return { canShow, icon };
    },
    showApp: window.showApp,
    launch,
    secret: () => randomBytes(8).toString('hex'),
    failed: (what, cause) => log.warn(`cannot ${what}, as a notification was to`, { cause }),
  });
  return notices;
}

/** A body may have markup (Desktop Notifications Specification). */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
