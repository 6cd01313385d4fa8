import { setTimeout as sleep } from 'node:timers/promises';
import { unitObjectPath } from '../../domain/object-path.ts';
import type { BusConnection } from '../dbus/connection.ts';
import { managerName as manager, managerObject, subscribeToManager, whenThere } from './manager-calls.ts';

const bus1 = 'org.freedesktop.DBus';

/** Follows scopes until the user manager has them no more. */
export interface ScopeEnds {
  /** Calls back once with systemd's Result ("success", "oom-kill" …) when the scope is gone. */
  follow(unit: string, listener: (result: string) => void): void;
  /** Asks the manager which of the scopes it still has: a signal may have been sent before anybody listened. */
  recheck(): void;
  /** Calls back as well whenever the manager is back under its name. */
  onReturn(listener: () => Promise<unknown>): void;
}

interface Followed {
  readonly listener: (result: string) => void;
  result: string;
  /** Undefined until the bus has taken the subscription. */
  unwatch?: () => Promise<void>;
}

/**
 * Hears of scopes that are gone. A signal alone ends nothing: the manager sends UnitRemoved for every unit whenever it reads its units
 * again (systemctl daemon-reload, enable, each package that brings a unit), and for those that live on it says UnitNew a moment
 * later. So UnitRemoved ends only a scope whose cgroup is gone, and otherwise makes it ask. The manager answers when it is done with the reload, and what it has no unit
 * for then has no process either: it keeps a unit as long as there is one in its cgroup. Executed anew (daemon-reexec), or after
 * the bus has lost it, it takes its name again; what it did meanwhile nobody has heard, so all are asked for, and `onReturn` is told.
 */
export async function followScopeEnds(
  bus: BusConnection,
  livingOf: (units: readonly string[]) => Promise<ReadonlySet<string>>,
  hasCgroup: (unit: string) => boolean,
  onReturn: () => void,
): Promise<ScopeEnds> {
  const followed = new Map<string, Followed>();
  const suspects = new Set<string>();
  let isAsking = false;
  let isSubscribed = true;
  let isLost = false;
  let returned: () => Promise<unknown> = async () => {};
  void bus.lost.then(() => {
    isLost = true;
  });

  const end = (unit: string) => {
    const one = followed.get(unit);
    if (one === undefined) return;
    followed.delete(unit);
    one.unwatch?.().catch(() => {});
    one.listener(one.result);
  };
  const ask = async () => {
    if (isAsking) return;
    isAsking = true;
    while (suspects.size > 0 && !isLost) {
      const asked = [...suspects];
      suspects.clear();
      try {
        if (!isSubscribed) await subscribeToManager(bus);
        isSubscribed = true;
        const living = await livingOf(asked);
        for (const unit of asked) if (!living.has(unit)) end(unit);
      } catch {
        // It is being executed anew, or hangs: until it answers nobody can say what has ended.
        for (const unit of asked) if (followed.has(unit)) suspects.add(unit);
        await sleep(pause, undefined, { ref: false });
      }
    }
    isAsking = false;
  };
  const suspect = (units: Iterable<string>) => {
    for (const unit of units) if (followed.has(unit)) suspects.add(unit);
    void ask();
  };

  await Promise.all([
    bus.subscribe({ sender: manager, ...managerObject, member: 'UnitRemoved' }, ({ body }) => {
      const unit = String(body[0]);
      if (hasCgroup(unit)) suspect([unit]);
      else end(unit);
    }),
    bus.subscribe(
      { sender: bus1, path: '/org/freedesktop/DBus', interface: bus1, member: 'NameOwnerChanged', arg0: manager },
      ({ body }) => {
        if (body[2] === '') return;
        isSubscribed = false;
        suspect(followed.keys());
        whenThere(() => subscribeToManager(bus))
          .then(() => {
            onReturn();
            return returned();
          })
          .catch(() => {});
      },
    ),
  ]);

  return {
    follow(unit, listener) {
      const one: Followed = { listener, result: 'success' };
      followed.set(unit, one);
      const match = { sender: manager, path: unitObjectPath(unit), interface: `${bus1}.Properties` };
      bus
        .subscribe({ ...match, member: 'PropertiesChanged', arg0: `${manager}.Scope` }, ({ body }) => {
          const [, changed] = body as [string, Map<string, { value: unknown }>];
          const result = changed.get('Result')?.value;
          if (typeof result === 'string' && result !== '') one.result = result;
          // One that fails is not removed, unless it was made to be: each change of its state comes with its result.
          if (one.result !== 'success') suspect([unit]);
        })
        .then((unwatch) => {
          if (followed.get(unit) === one) one.unwatch = unwatch;
          else unwatch().catch(() => {});
        })
        // Without it the instance's end is still seen, only systemd's reason for it is not.
        .catch(() => {});
    },
    recheck: () => suspect(followed.keys()),
    onReturn(listener) {
      returned = listener;
    },
  };
}

/** Between two questions to a manager that does not answer, in ms. */
const pause = 100;
