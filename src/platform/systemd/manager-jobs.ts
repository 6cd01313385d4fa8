import { RingfenceError } from '../../domain/errors.ts';
import type { BusConnection } from '../dbus/connection.ts';
import { managerName, managerObject } from './manager-calls.ts';

/** Jobs of the user manager, followed to their ends. */
export interface ManagerJobs {
  /**
   * Waits for the end of the job that `start` begins for `unit` and names (undefined: it runs, but its name was lost): its result,
   * "done" where it ended well. Rejects as `start` does, with TimedOut after `timeoutMs` (`task` opens that message), and when the bus
   * is lost.
   */
  run(unit: string, task: string, start: () => Promise<string | undefined>, timeoutMs: number): Promise<string>;
  /** Ends the waiting for jobs with the results that `resultOf` gives; where it gives undefined the waiting goes on. */
  settle(resultOf: (unit: string) => Promise<string | undefined>): void;
  /** Is told of each unit for which a job of anybody's ended well, be it to start or to stop it. */
  onDone(listener: (unit: string) => void): void;
  close(): Promise<void>;
}

interface PendingJob {
  readonly unit: string;
  /** Results that came before the reply that names the job. */
  readonly results: Map<string, string>;
  job: string | undefined;
  settle?: (result: string) => void;
  fail?: (error: Error) => void;
}

/** Listens before anything is started, so that no job's end is missed. The manager has to be subscribed to. */
export async function followJobs(bus: Pick<BusConnection, 'subscribe' | 'lost'>): Promise<ManagerJobs> {
  const pending = new Set<PendingJob>();
  let done: (unit: string) => void = () => {};
  void bus.lost.then((error) => {
    for (const each of pending) each.fail?.(error);
  });
  const match = { sender: managerName, ...managerObject, member: 'JobRemoved' };
  const close = await bus.subscribe(match, ({ body }) => {
    const [, job, unit, result] = body as [number, string, string, string];
    for (const each of pending) {
      if (each.unit !== unit) continue;
      if (each.settle !== undefined && (each.job ?? job) === job) each.settle(result);
      else each.results.set(job, result);
    }
    if (result === 'done') done(unit);
  });
  return {
    close,
    onDone(listener) {
      done = listener;
    },

    async run(unit, task, start, timeoutMs) {
      const own: PendingJob = { unit, results: new Map(), job: undefined };
      pending.add(own);
      try {
        own.job = await start();
        const heard = own.job === undefined ? [...own.results.values()].at(-1) : own.results.get(own.job);
        return heard ?? (await jobEnd(own, task, timeoutMs));
      } finally {
        pending.delete(own);
      }
    },

    settle(resultOf) {
      for (const { unit, settle } of pending) {
        if (settle === undefined) continue;
        resultOf(unit).then(
          (result) => result !== undefined && settle(result),
          () => {},
        );
      }
    },
  };
}

function jobEnd(pending: PendingJob, task: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new RingfenceError('TimedOut', `cannot ${task}: systemd did not finish it in ${timeoutMs / 1000} s`));
    const timer = setTimeout(late, timeoutMs);
    pending.settle = (result) => {
      clearTimeout(timer);
      resolve(result);
    };
    pending.fail = (error) => {
      clearTimeout(timer);
      reject(error);
    };
  });
}
