import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { RingfenceError } from '../../domain/errors.ts';
import { unitObjectPath } from '../../domain/object-path.ts';
import type { BusConnection } from '../dbus/connection.ts';
import { isRemoteError, RemoteError } from '../dbus/connection.ts';
import { cgroupRoot } from '../kernel/host.ts';
import { askManager, type ScopeListing } from './ask-manager.ts';
import { isLost, managerName, subscribeToManager, whenThere } from './manager-calls.ts';
import { followJobs } from './manager-jobs.ts';
import { manageUnits, onWire, type UnitProperty, type Units } from './manager-units.ts';
import { followScopeEnds } from './scope-ends.ts';

/** What the user manager of systemd does for us. Every call throws TimedOut or Unreachable when it does not answer. */
export interface Systemd extends Units {
  /** The major version, 252 for "252.38-1~deb12u1". */
  readonly version: number;
  /** The manager's own cgroup, the parent of app.slice. */
  readonly controlGroup: string;
  /** The soft limit of open files that the manager gives its services; undefined for none. */
  readonly openFiles: number | undefined;
  /** The manager's environment block, now. */
  environment(): Promise<ReadonlyMap<string, string>>;
  /**
   * Starts a transient scope and waits for its job.
   * @throws RingfenceError ScopeFailed with systemd's reason
   */
  startScope(unit: string, properties: readonly UnitProperty[]): Promise<void>;
  /** Sends a signal to every process of the scope; does nothing when it is gone. */
  killScope(unit: string, signal: number): Promise<void>;
  /** Has systemd end a scope; one without processes is gone at once. */
  stopScope(unit: string): Promise<void>;
  /** All loaded scopes whose names match the glob pattern. */
  listScopes(pattern: string): Promise<ScopeListing[]>;
  /** The time (µs since the epoch) at which the unit became active; 0 when unknown. */
  activeSince(unit: string): Promise<bigint>;
  /** Calls back once with systemd's Result ("success", "oom-kill" …) when the manager has the scope no more. */
  onScopeGone(unit: string, listener: (result: string) => void): void;
  /**
   * Is told of units that may be scopes in which processes begin to run, whoever asked for them: of each when its job has ended, and of
   * all scopes when the manager is back after it was executed anew.
   */
  onScopesStarted(listener: (units: readonly string[]) => void): void;
  /** Has it looked whether the scopes that are waited for are still there. */
  recheckScopes(): void;
}

/**
 * The user manager of systemd (org.freedesktop.systemd1(5)), over the bus. Signals are subscribed to before the first call, so that
 * no job's end is missed. A manager that is executed anew (systemctl daemon-reexec) is away for a moment: calls wait for it.
 * @throws RingfenceError Unreachable when no user manager answers
 */
export async function connectUserManager(bus: BusConnection, { jobTimeoutMs = 30_000 } = {}): Promise<Systemd> {
  const { call, property, listScopes, loadedOf, livingOf, resultOf } = askManager(bus);
  let appSlice = '';
  // systemd removes a scope's cgroup before it forgets the unit, and the kernel lets it only when no process is left.
  const hasCgroup = (unit: string) => existsSync(`${appSlice}/${unit}`);

  // All sent at once: the order is kept, and each is a round trip of the daemon's start.
  const [jobs, ends, version, controlGroup, openFiles] = await Promise.all([
    followJobs(bus),
    // The ends of jobs while it was away were told to nobody.
    followScopeEnds(bus, livingOf, hasCgroup, () => jobs.settle(resultOf)),
    property('Version'),
    property('ControlGroup'),
    property('DefaultLimitNOFILESoft'),
    whenThere(() => subscribeToManager(bus)),
  ]).catch((cause: unknown) => {
    if (!(cause instanceof RemoteError)) throw cause;
    throw new RingfenceError('Unreachable', `cannot reach the user manager of systemd: ${cause.message}`, { cause });
  });

  const ownCgroup = controlGroup === '/' ? '' : String(controlGroup);
  appSlice = `${cgroupRoot()}${ownCgroup}/app.slice`;

  /** Begins the scope's job; a call that went away with the manager may have begun it, and is made again where it has not. */
  const begin = async (unit: string, properties: [string, never][]): Promise<string | undefined> => {
    for (;;) {
      try {
        const [job] = await call('StartTransientUnit', 'ssa(sv)a(sa(sv))', [unit, 'fail', properties, []], 'o', {
          isHarmless: false,
        });
        return job;
      } catch (error) {
        if (!isLost(error)) throw asScopeFailure(unit, error);
      }
      if (!(await loadedOf([unit])).has(unit)) continue;
      // Once it is waited for.
      setImmediate(() => jobs.settle(resultOf));
      return undefined;
    }
  };

  return {
    version: Number.parseInt(String(version), 10),
    controlGroup: ownCgroup,
    // Infinity is UINT64_MAX on the bus; no kernel takes more than 2^31 (fs.nr_open).
    openFiles: Number(openFiles) < 2 ** 31 ? Number(openFiles) : undefined,

    async environment() {
      return parseEnvironmentBlock((await property('Environment')) as string[]);
    },

    async startScope(unit, properties) {
      const wire = onWire(properties);
      const result = await jobs
        .run(unit, `start ${unit}`, () => begin(unit, wire), jobTimeoutMs)
        .catch(async (error: unknown) => {
          // Takes the job back: or it would start a scope of dead processes when its turn comes.
          if (error instanceof RingfenceError && error.code === 'TimedOut') await stopScope(unit).catch(() => {});
          throw error;
        });
      if (result !== 'done')
        throw new RingfenceError('ScopeFailed', `cannot start ${unit}: its job ended as "${result}"`);
    },

    stopScope,
    ...manageUnits(bus),

    async killScope(unit, signal) {
      const isHarmless = sameWhenSentTwice.has(signal);
      await call('KillUnit', 'ssi', [unit, 'all', signal], '', { isHarmless }).catch((error: unknown) => {
        if (isLost(error)) throw new RingfenceError('Unreachable', lostSignal(unit, signal), { cause: error });
        ignoreUnknownUnit(error);
      });
    },

    listScopes: (pattern) => listScopes([pattern]),

    async activeSince(unit) {
      return (await property('ActiveEnterTimestamp', unitObjectPath(unit), `${managerName}.Unit`)) as bigint;
    },

    onScopeGone: ends.follow,
    onScopesStarted(listener) {
      jobs.onDone((unit) => listener([unit]));
      ends.onReturn(() => listScopes(['*.scope']).then((all) => listener(all.map(({ unit }) => unit))));
    },
    recheckScopes: ends.recheck,
  };

  async function stopScope(unit: string): Promise<void> {
    await call('StopUnit', 'ss', [unit, 'replace'], 'o').catch(ignoreUnknownUnit);
  }
}

const { SIGTERM, SIGKILL, SIGCONT, SIGSTOP } = constants.signals;
const sameWhenSentTwice: ReadonlySet<number> = new Set([SIGTERM, SIGKILL, SIGCONT, SIGSTOP]);

function lostSignal(unit: string, signal: number): string {
  return `cannot tell whether signal ${signal} reached ${unit}: the user manager of systemd went away meanwhile; look and try again`;
}

function asScopeFailure(unit: string, error: unknown): unknown {
  if (!(error instanceof RemoteError)) return error;
  // It writes a file for each scope, and does not find the unit whose file it could not write.
  const isUnwritten = error.dbusName === `${managerName}.NoSuchUnit`;
  const reason = isUnwritten ? 'systemd cannot write its file; see whether $XDG_RUNTIME_DIR is full' : error.message;
  return new RingfenceError('ScopeFailed', `cannot start ${unit}: ${reason}`, { cause: error });
}

// A scope that is gone needs no signal.
function ignoreUnknownUnit(error: unknown): void {
  if (!isRemoteError(error, `${managerName}.NoSuchUnit`)) throw error;
}

/** The manager's "NAME=value" strings as a map; the value is all that follows the first "=". */
function parseEnvironmentBlock(block: readonly string[]): Map<string, string> {
  const environment = new Map<string, string>();
  for (const assignment of block) {
    const end = assignment.indexOf('=');
    if (end > 0) environment.set(assignment.slice(0, end), assignment.slice(end + 1));
  }
  return environment;
}
