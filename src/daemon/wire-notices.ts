import { randomBytes } from 'node:crypto';
import type { Instance } from '../domain/instance.ts';
import type { BusConnection } from '../platform/dbus/connection.ts';
import { type Variant, variant } from '../platform/dbus/signature.ts';
import { openAppWindow } from '../platform/desktop/app-window.ts';
import type { Log } from '../platform/journal/log.ts';
import { type LimitNotices, type NoticePorts, openLimitNotices } from '../watch/limit-notices.ts';
import type { Notice } from '../watch/pure/limit-notice.ts';
import { type EndedNoticePorts, type EndedNotices, openEndedNotices } from './ended-at-once.ts';
import { type KeptOutNotices, type KeptOutPorts, openKeptOutNotices } from './kept-out.ts';
import { openSoundNotices, type SoundNotices, type SoundPorts } from './sound-notices.ts';

const server = {
  destination: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
};

/** What notices need of the rest of the daemon. */
export interface NoticeSurroundings {
  readonly sharing: Pick<KeptOutPorts, 'isTold' | 'tell' | 'wordOf' | 'share'>;
  readonly naming: Pick<EndedNoticePorts, 'isTold' | 'tell' | 'mayHave' | 'letHave'>;
  readonly sound: Pick<SoundPorts, 'isTold' | 'tell' | 'untell' | 'isOpen' | 'allow' | 'categoriesOf'>;
  readonly isWanted: NoticePorts['isWanted'];
  launch(app: string, options: ReadonlyMap<string, string>): Promise<unknown>;
  /** What the entry of an app has as its icon. */
  iconOf(app: string): Promise<string | undefined>;
  instances(): readonly Instance[];
}

/** All that is told by notifications. */
export interface Notices {
  readonly limits: LimitNotices;
  readonly sandboxes: KeptOutNotices;
  readonly ends: EndedNotices;
  readonly sound: SoundNotices;
}

/** Notices over org.freedesktop.Notifications; its signals are listened to from the first notice on. */
export function wireNotices(
  { bus, log }: { readonly bus: BusConnection; readonly log: Log },
  around: NoticeSurroundings,
): Notices {
  const { isWanted, launch, iconOf } = around;
  const window = openAppWindow(bus);
  let listening: Promise<unknown> | undefined;
  /** Notices whose numbers are not known yet: what is said of one waits until they are, or a button that is pressed at once does nothing. */
  const unnumbered = new Set<Promise<number>>();
  let heard: Promise<unknown> = Promise.resolve();
  const listen = () => {
    const { destination, ...place } = server;
    const on = (member: string, listener: (body: readonly unknown[]) => void) =>
      bus.subscribe({ sender: destination, ...place, member }, ({ body }) => {
        heard = heard.then(() => Promise.allSettled(unnumbered)).then(() => listener(body));
      });
    return Promise.all([
      on('ActivationToken', ([number, token]) => limits.token(Number(number), String(token))),
      on('ActionInvoked', ([number, key]) => {
        void limits.pressed(Number(number), String(key));
        void sandboxes.pressed(Number(number), String(key));
        void ends.pressed(Number(number), String(key));
        void sound.pressed(Number(number), String(key));
      }),
      on('NotificationClosed', ([number]) => {
        limits.closed(Number(number));
        sandboxes.closed(Number(number));
        ends.closed(Number(number));
        sound.closed(Number(number));
      }),
    ]);
  };
  const send = async ({ summary, body, desktopEntry, icon, isUrgent, buttons }: Notice, replaces: number) => {
    listening ??= listen().catch((error: unknown) => {
      listening = undefined;
      throw error;
    });
    await listening;
    // Critical stays until it is read.
    const hints = new Map<string, Variant>([['urgency', variant('y', isUrgent ? 2 : 1)]]);
    if (desktopEntry !== '') hints.set('desktop-entry', variant('s', desktopEntry));
    const words: [string, number, string, string, string] = ['Ringfence', replaces, icon, summary, escapeMarkup(body)];
    const call = { ...server, member: 'Notify' };
    const [number] = await bus.call(call, 'susssasa{sv}i', [...words, buttons.flat(), hints, -1], 'u');
    return number;
  };
  const show = (notice: Notice, replaces: number): Promise<number> => {
    const number = send(notice, replaces);
    const isKnown = () => void unnumbered.delete(number);
    unnumbered.add(number);
    number.then(isKnown, isKnown);
    return number;
  };
  const failed = (what: string, cause: unknown) => log.warn(`cannot ${what}, as a notification was to`, { cause });
  const secret = () => randomBytes(8).toString('hex');
  const limits = openLimitNotices({
    ...{ isWanted, show, launch, failed, secret, showApp: window.showApp },
    async means(app) {
      if (app === '') return { canShow: false };
      const [canShow, icon] = await Promise.all([window.isThere(), iconOf(app).catch(() => undefined)]);
      return { canShow, icon };
    },
  });
  const sandboxes = openKeptOutNotices({
    ...around.sharing,
    ...{ failed, secret, iconOf },
    instanceOf: (unit) => around.instances().find(({ report }) => report.unit === unit),
    show: (notice, app) => show(notice, sound.giveWay(app) ?? 0),
  });
  const sound = openSoundNotices({
    ...around.sound,
    ...{ failed, secret, iconOf },
    show: (notice) => show(notice, 0),
  });
  const ends = openEndedNotices({
    ...around.naming,
    ...{ failed, secret, iconOf, launch },
    show: (notice, app) => show(notice, sound.giveWay(app) ?? 0),
  });
  return { limits, sandboxes, ends, sound };
}

/** A body may have markup (Desktop Notifications Specification). */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
