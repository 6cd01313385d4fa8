import { accessSync, constants } from 'node:fs';
import { RingfenceError } from '../../domain/errors.ts';
import type { BusConnection } from '../dbus/connection.ts';
import { isRemoteError } from '../dbus/messages.ts';
import { reloadBus, reloadManager } from './bus-driver.ts';
import { daemonFiles } from './daemon-files.ts';
import { managerName as manager, managerObject, subscribeToManager } from './manager-calls.ts';
import { followJobs } from './manager-jobs.ts';

const driver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};
const properties = 'org.freedesktop.DBus.Properties';
const daemonName = 'org.ringfence.Ringfence1';
const jobTimeoutMs = 30_000;
/** What whoever asks for the daemon before it was installed is told. */
export const notInstalled =
  'cannot reach the Ringfence daemon: Ringfence is not installed for you; run "ringfence install"';

/** Our unit as the user manager has it (org.freedesktop.systemd1(5)). */
export interface UnitFacts {
  /** "loaded", "not-found", "masked", "error" … */
  readonly load: string;
  readonly active: string;
  /** The unit file; empty for none. */
  readonly file: string;
  /** Whether the file has changed since it was read. */
  readonly stale: boolean;
  /** 0 when it does not run. */
  readonly pid: number;
  /** Files of its command line that are not there any more: node, the daemon itself, or its bundle. */
  readonly missing: readonly string[];
}

/** The daemon as an installation sees it: a unit of the user manager and a name on the bus. */
export interface OwnUnit {
  facts(): Promise<UnitFacts>;
  /** The manager reads its units again, and the bus its activation files. */
  reload(): Promise<void>;
  /** Waits for the job. @throws RingfenceError ScopeFailed when it does not end well */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Starts it unless somebody has the bus name. The bus would do so too, but it tells only after a time limit that it cannot, and within
   * that it does not try again.
   * @throws RingfenceError Unreachable when it is not installed or cannot be started
   */
  wake(): Promise<void>;
  /** Forgets that it failed, so that nothing of it stays loaded. */
  forget(): Promise<void>;
  /** The Version property; the bus starts the daemon for it. */
  version(): Promise<string>;
  /** The process that has the bus name; undefined when nobody has. */
  ownerPid(): Promise<number | undefined>;
}

/** Our unit, over the session bus. Every call throws what a call on the bus throws. */
export function openOwnUnit(bus: BusConnection, unit: string): OwnUnit {
  const call = (member: 'StartUnit' | 'RestartUnit' | 'StopUnit') =>
    runJob(bus, unit, async () => {
      const target = { destination: manager, ...managerObject, member };
      const [job] = await bus.call(target, 'ss', [unit, 'replace'], 'o');
      return job;
    });
  const get = async (path: string, iface: string, name: string, destination = manager) => {
    const [{ value }] = await bus.call(
      { destination, path, interface: properties, member: 'Get' },
      'ss',
      [iface, name],
      'v',
    );
    return value;
  };
  const own: OwnUnit = {
    async facts() {
      const load = { destination: manager, ...managerObject, member: 'LoadUnit' };
      const [path] = await bus.call(load, 's', [unit], 'o');
      const ofUnit = (name: string) => get(path, `${manager}.Unit`, name);
      const [loadState, active, file, stale] = await Promise.all(
        ['LoadState', 'ActiveState', 'FragmentPath', 'NeedDaemonReload'].map(ofUnit),
      );
      const [pid, commands] =
        loadState === 'loaded'
          ? await Promise.all(['MainPID', 'ExecStart'].map((name) => get(path, `${manager}.Service`, name)))
          : [0, []];
      return {
        load: String(loadState),
        active: String(active),
        file: String(file),
        stale: stale === true,
        pid: Number(pid),
        missing: missingFiles(commands as ExecCommand[]),
      };
    },
    async reload() {
      await reloadManager(bus);
      await reloadBus(bus);
    },
    restart: () => call('RestartUnit'),
    async stop() {
      await call('StopUnit').catch(ignoreNoUnit);
    },
    async wake() {
      if ((await own.ownerPid()) !== undefined) return;
      const [activatable] = await bus.call({ ...driver, member: 'ListActivatableNames' }, '', [], 'as');
      const facts = await own.facts().catch(() => undefined);
      if (facts?.load === 'masked') {
        const why = `${unit} is masked; allow it with "systemctl --user unmask ${unit}"`;
        throw new RingfenceError('Unreachable', `cannot start the Ringfence daemon: ${why}`);
      }
      if (facts?.load !== 'loaded') {
        // The bus starts it, or says why not.
        if (activatable.includes(daemonName)) return;
        throw new RingfenceError('Unreachable', notInstalled);
      }
      const [gone] = facts.missing;
      if (gone !== undefined) {
        const anew = facts.file.startsWith('/usr/') ? 'install the package ringfence again' : 'run "ringfence install"';
        const why = `${gone} is gone (was node updated or removed?); ${anew}`;
        throw new RingfenceError('Unreachable', `cannot start the Ringfence daemon: ${why}`);
      }
      if (facts.active === 'failed') await own.forget();
      try {
        await call('StartUnit');
      } catch (error) {
        // Where it was killed while it started, systemd starts it again by itself.
        if ((await own.facts()).active !== 'failed') return;
        const why = `it ended at its start; see "journalctl --user -u ${unit}"`;
        throw new RingfenceError('Unreachable', `cannot start the Ringfence daemon: ${why}`, { cause: error });
      }
    },
    async forget() {
      const target = { destination: manager, ...managerObject, member: 'ResetFailedUnit' };
      await bus.call(target, 's', [unit], '').catch(ignoreNoUnit);
    },
    async version() {
      return String(await get('/org/ringfence/Ringfence1', daemonName, 'Version', daemonName));
    },
    async ownerPid() {
      try {
        const target = { ...driver, member: 'GetConnectionUnixProcessID' };
        const [pid] = await bus.call(target, 's', [daemonName], 'u');
        return pid;
      } catch (error) {
        if (isRemoteError(error, 'org.freedesktop.DBus.Error.NameHasNoOwner')) return undefined;
        throw error;
      }
    },
  };
  return own;
}

/** The start of an `a(sasbttttuii)`: the program, and its words. */
type ExecCommand = readonly [program: string, argv: readonly string[], ...rest: unknown[]];

function missingFiles(commands: readonly ExecCommand[]): string[] {
  return commands.flatMap(([program, [, ...words]]) => [
    ...(isThere(program, constants.X_OK) ? [] : [program]),
    ...words
      .filter((word) => word.startsWith('/'))
      .flatMap(daemonFiles)
      .filter((file) => !isThere(file, constants.F_OK)),
  ]);
}

function isThere(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

async function runJob(bus: BusConnection, unit: string, start: () => Promise<string>): Promise<void> {
  const jobs = await followJobs(bus);
  try {
    await subscribeToManager(bus);
    const result = await jobs.run(unit, `start or stop ${unit}`, start, jobTimeoutMs);
    if (result !== 'done') {
      throw new RingfenceError(
        'ScopeFailed',
        `cannot start or stop ${unit}: its job ended as "${result}"; see "systemctl --user status ${unit}"`,
      );
    }
  } finally {
    await jobs.close().catch(() => {});
  }
}

function ignoreNoUnit(error: unknown): void {
  if (!isRemoteError(error, 'org.freedesktop.systemd1.NoSuchUnit')) throw error;
}
