import type { Instance } from '../domain/instance.ts';
import { limitNotice, type Notice } from './pure/limit-notice.ts';
import type { ReachedLimit } from './reached-limits.ts';

/** What notices are carried by. */
export interface NoticePorts {
  /** Shows a notice in place of an earlier one (0: of none); resolves to its number. Rejects where nobody shows notifications. */
  show(notice: Notice, replaces: number): Promise<number>;
  /** Starts an app anew. */
  launch(app: string): Promise<unknown>;
  /** Told what a button could not do. */
  failed(what: string, error: unknown): void;
}

/** Notifications about limits that were reached, and what their buttons do. */
export interface LimitNotices {
  tell(instance: Instance, reached: ReachedLimit): Promise<void>;
  pressed(number: number, key: string): Promise<void>;
  closed(number: number): void;
}

interface Shown {
  readonly who: string;
  readonly instance: Instance;
  readonly reached: ReachedLimit;
}

/** One notification for an app at a time: a later one takes the place of the earlier. */
export function openLimitNotices(ports: NoticePorts): LimitNotices {
  const shown = new Map<number, Shown>();
  const numbers = new Map<string, number>();
  const act = async ({ instance, reached }: Shown, key: string) => {
    const suggested = reached.details.get('suggested');
    if (key === 'raise' && suggested !== undefined) {
      await instance.setLimits(new Map([[reached.limit, suggested]]));
    } else if (key === 'restart') {
      await instance.stop(stopMs).catch(() => {});
      await ports.launch(instance.report.app);
    }
  };
  return {
    async tell(instance, reached) {
      const { app, unit } = instance.report;
      const who = app === '' ? unit : app;
      try {
        const before = numbers.get(who) ?? 0;
        const number = await ports.show(limitNotice(reached.limit, reached.details), before);
        shown.delete(before);
        shown.set(number, { who, instance, reached });
        numbers.set(who, number);
      } catch {
        // Nobody shows notifications here; the journal and the signal have it.
      }
    },

    async pressed(number, key) {
      const one = shown.get(number);
      if (one === undefined) return;
      await act(one, key).catch((error: unknown) => ports.failed(`${key} ${one.instance.report.name}`, error));
    },

    closed(number) {
      const who = shown.get(number)?.who;
      shown.delete(number);
      if (who !== undefined && numbers.get(who) === number) numbers.delete(who);
    },
  };
}

/** What an app has to end when it is restarted, in ms. */
const stopMs = 5000;
