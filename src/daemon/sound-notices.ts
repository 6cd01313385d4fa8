import type { Report } from '../domain/report.ts';
import type { Notice } from '../watch/pure/limit-notice.ts';
import { soundNotice, wantsSound } from './pure/sound-notice.ts';
import { openSecretButtons } from './secret-buttons.ts';

/** What such notices are carried by. */
export interface SoundPorts {
  /** Whether the user was asked about this app, at any time; `tell`: is from now on; `untell`: is to be asked again. */
  isTold(app: string): boolean;
  tell(app: string): void;
  untell(app: string): void;
  /** Whether this session has sound that could be let in, and nothing that is written says whether this app has it. */
  isOpen(app: string): boolean;
  /** The Categories of its entry. @throws RingfenceError where it has none */
  categoriesOf(app: string): Promise<string>;
  /** Resolves to the notice's number. Rejects where nobody shows notifications. */
  show(notice: Notice): Promise<number>;
  iconOf(app: string): Promise<string | undefined>;
  /** Lets it have sound from its next start on. */
  allow(app: string): Promise<unknown>;
  /** A word that nobody can guess: an app may put a notice of its own in the place of this one. */
  secret(): string;
  /** Told what a button could not do. */
  failed(what: string, error: unknown): void;
}

/** One notification for each app, once: that it has no sound, at its first strict start. */
export interface SoundNotices {
  started(report: Pick<Report, 'app' | 'name' | 'mode' | 'once' | 'rows'>): Promise<void>;
  /** The number of the notice that stands for an app, for another that takes its place; the user is asked again another time. */
  giveWay(app: string): number | undefined;
  pressed(number: number, key: string): Promise<void>;
  closed(number: number): void;
}

export function openSoundNotices(ports: SoundPorts): SoundNotices {
  const buttons = openSecretButtons<Pick<Report, 'app' | 'name'>>('sound', ports.secret);
  const underWay = new Set<string>();
  const overtaken = new Set<string>();
  return {
    async started({ app, name, mode, once, rows }) {
      const hasNone = rows.some((row) => row.name === 'sound' && row.asked === 'false');
      if (mode !== 'strict' || app === '' || once === true || !hasNone) return;
      if (underWay.has(app) || ports.isTold(app) || !ports.isOpen(app)) return;
      underWay.add(app);
      try {
        if (!wantsSound(await ports.categoriesOf(app))) return;
        const notice = soundNotice({ app, name }, await ports.iconOf(app).catch(() => undefined));
        // Another notice about the app was quicker.
        if (overtaken.has(app)) return;
        await buttons.show(notice, { app, name }, ports.show);
        ports.tell(app);
      } catch {
        // It has no entry, or nobody shows notifications here.
      } finally {
        underWay.delete(app);
        overtaken.delete(app);
      }
    },

    giveWay(app) {
      if (underWay.has(app)) overtaken.add(app);
      const number = buttons.giveWay((told) => told.app === app);
      if (number !== undefined) ports.untell(app);
      return number;
    },

    async pressed(number, key) {
      const told = buttons.pressed(number, key);
      if (told === undefined) return;
      await ports.allow(told.app).catch((error: unknown) => ports.failed(`allow sound for ${told.name}`, error));
    },

    closed: buttons.closed,
  };
}
