import { isRingfenceError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import { limitNotice, type Notice, type NoticeMeans } from './pure/limit-notice.ts';
import { startAgain } from './pure/start-again.ts';
import type { ReachedLimit } from './reached-limits.ts';

/** What notices are carried by. */
export interface NoticePorts {
  /** Whether the user wants to be told that this limit was reached. */
  isWanted(limit: ReachedLimit['limit']): boolean;
  /** Shows a notice in place of an earlier one (0: of none); resolves to its number. Rejects where nobody shows notifications. */
  show(notice: Notice, replaces: number): Promise<number>;
  /** What there is for a notice about an app ('' for a command). */
  means(app: string): Promise<NoticeMeans>;
  /** Shows an app in the window; `token`: of the press, where the server gave one. */
  showApp(app: string, token: string | undefined): Promise<void>;
  /** Starts an app anew, with the options of a launch. */
  launch(app: string, options: ReadonlyMap<string, string>): Promise<unknown>;
  /** A word that nobody can guess. */
  secret(): string;
  /** Told what a button could not do. */
  failed(what: string, error: unknown): void;
}

/** Notifications about limits that were reached, and what their buttons do. */
export interface LimitNotices {
  tell(instance: Instance, reached: ReachedLimit): Promise<void>;
  /** The server has an activation token (XDG) for the press that follows. */
  token(number: number, token: string): void;
  pressed(number: number, key: string): Promise<void>;
  closed(number: number): void;
}

interface Shown {
  readonly who: string;
  /** What its buttons do, by the keys that they were given; each does it once. */
  readonly keys: Map<string, string>;
  readonly instance: Instance;
  readonly reached: ReachedLimit;
}

/**
 * One notification for an app, or a command by its name, at a time: a later one takes the place of the earlier. Servers let anyone put another in its place (seen: GNOME
 * Shell 43), with buttons that say what they like; so the keys of its own are told to the server alone.
 */
export function openLimitNotices(ports: NoticePorts): LimitNotices {
  const shown = new Map<number, Shown>();
  const numbers = new Map<string, number>();
  const tokens = new Map<number, string>();
  const act = async ({ instance, reached }: Shown, does: string, token: string | undefined) => {
    const suggested = reached.details.get('suggested');
    if (does === 'raise' && suggested !== undefined) {
      const limit = new Map([[reached.limit, suggested]]);
      const { app } = instance.report;
      // The process that was killed was perhaps all of it.
      await instance.setLimits(limit).catch(async (error: unknown) => {
        if (app === '' || !isRingfenceError(error) || error.code !== 'NoSuchInstance') throw error;
        await ports.launch(app, new Map([...startAgain(instance.report), ...limit]));
      });
    } else if (does === 'restart') {
      await instance.stop(stopMs).catch(() => {});
      await ports.launch(instance.report.app, startAgain(instance.report));
    } else if (does === 'show') {
      await ports.showApp(`${instance.report.app}.desktop`, token);
    }
  };
  const showOne = async (who: string, instance: Instance, reached: ReachedLimit) => {
    try {
      const before = numbers.get(who) ?? 0;
      const means = await ports.means(instance.report.app).catch(() => ({ canShow: false }));
      const secret = ports.secret();
      const keys = new Map<string, string>();
      const notice = limitNotice(reached.limit, reached.details, means);
      const buttons = notice.buttons.map(([does, label]) => {
        keys.set(`${does}-${secret}`, does);
        return [`${does}-${secret}`, label] as const;
      });
      const number = await ports.show({ ...notice, buttons }, before);
      shown.delete(before);
      shown.set(number, { who, instance, reached, keys });
      numbers.set(who, number);
    } catch {
      // Nobody shows notifications here; the journal and the signal have it.
    }
  };
  // One after the other, as each takes the place of the one before.
  const turns = new Map<string, Promise<void>>();
  return {
    async tell(instance, reached) {
      if (!ports.isWanted(reached.limit)) return;
      const { app, name } = instance.report;
      // Of a command that a script starts again and again there would be as many notices.
      const who = app === '' ? `command ${name}` : app;
      const turn = (turns.get(who) ?? Promise.resolve()).then(() => showOne(who, instance, reached));
      turns.set(who, turn);
      await turn;
      if (turns.get(who) === turn) turns.delete(who);
    },

    token(number, token) {
      if (shown.has(number)) tokens.set(number, token);
    },

    async pressed(number, key) {
      const one = shown.get(number);
      const token = tokens.get(number);
      tokens.delete(number);
      const does = one?.keys.get(key);
      if (one === undefined || does === undefined) return;
      one.keys.delete(key);
      await act(one, does, token).catch((error: unknown) => ports.failed(`${does} ${one.instance.report.name}`, error));
    },

    closed(number) {
      const who = shown.get(number)?.who;
      shown.delete(number);
      tokens.delete(number);
      if (who !== undefined && numbers.get(who) === number) numbers.delete(who);
    },
  };
}

/** What an app has to end when it is restarted, in ms. */
const stopMs = 5000;
