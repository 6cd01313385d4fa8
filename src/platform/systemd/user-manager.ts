import { setTimeout as sleep } from 'node:timers/promises';
import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { unitObjectPath } from '../../domain/object-path.ts';
import type { BusConnection, PeerConnection } from '../dbus/connection.ts';
import { RemoteError } from '../dbus/connection.ts';
import { variant } from '../dbus/signature.ts';
import { openDirectLink } from './direct-link.ts';
import { followScopeEnds, subscribeToManager } from './scope-ends.ts';

/** One property of StartTransientUnit, as plain data. */
export interface UnitProperty {
  readonly name: string;
  readonly signature: string;
  readonly value: unknown;
}

/** A scope as the user manager lists it. */
export interface ScopeListing {
  readonly unit: string;
  readonly description: string;
}

/** What the user manager of systemd does for us. Every call throws TimedOut or Unreachable when it does not answer. */
export interface Systemd {
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
  /** Has it looked whether the scopes that are waited for are still there. */
  recheckScopes(): void;
}

const destination = 'org.freedesktop.systemd1';
const path = '/org/freedesktop/systemd1';
const managerInterface = 'org.freedesktop.systemd1.Manager';
const propertiesInterface = 'org.freedesktop.DBus.Properties';

interface PendingStart {
  /** Results that came before the reply that names the job. */
  readonly results: Map<string, string>;
  job?: string;
  settle?: (result: string) => void;
}

/**
 * The user manager of systemd (org.freedesktop.systemd1(5)). Jobs and calls go over its own socket where `openDirect` gets one, as
 * systemctl and systemd-run do: without the bus between, a start takes half the switches of process. It closes that socket
 * when it is executed anew (systemctl daemon-reexec); the bus stands in until the next call has it open again. Ends of scopes are always heard of on the bus.
 * Signals are subscribed to before the first call, so that no job's end is missed.
 * @throws RingfenceError Unreachable when no user manager answers
 */
export async function connectUserManager(
  bus: BusConnection,
  openDirect?: () => Promise<PeerConnection>,
  { jobTimeoutMs = 30_000 } = {},
): Promise<Systemd> {
  const starts = new Map<string, PendingStart>();
  const direct = openDirectLink(
    openDirect,
    (link) => followJobs(link, starts),
    () => loseJobs(starts),
  );
  let jobsOnBus: Promise<unknown> | undefined;

  /** Where calls go, once the ends of jobs are heard of there. */
  const jobLink = async (): Promise<Pick<BusConnection, 'call'>> => {
    const link = direct.current();
    if (link !== undefined) return link;
    jobsOnBus ??= followJobs(bus, starts);
    await jobsOnBus;
    return bus;
  };
  const call = <I extends string, O extends string>(
    iface: string,
    member: string,
    signature: I,
    args: Parameters<typeof bus.call<I, O>>[2],
    reply: O,
    at: string = path,
    link: Pick<BusConnection, 'call'> = direct.current() ?? bus,
  ) => link.call({ destination, path: at, interface: iface, member }, signature, args, reply);

  await direct.settled;
  // All sent at once: the order is kept, and each is a round trip of the daemon's start.
  const own = async (name: string) => {
    const [{ value }] = await call(propertiesInterface, 'Get', 'ss', [managerInterface, name], 'v');
    return String(value);
  };
  const listScopes = async (patterns: readonly string[]): Promise<ScopeListing[]> => {
    const [units] = await call(managerInterface, 'ListUnitsByPatterns', 'asas', [[], [...patterns]], 'a(ssssssouso)');
    return units.map(([unit, description]) => ({ unit, description }));
  };
  const loadedOf = async (units: readonly string[]) => {
    // What means something in a pattern matches as any one character: a backslash, which escaped names have, escapes nothing here
    // (FNM_NOESCAPE). Units that match besides are nobody's question. The manager compares each with all its units.
    const patterns = units.length > 20 ? ['*.scope'] : units.map((unit) => unit.replace(/[\\*?[\]]/g, '?'));
    return new Set((await listScopes(patterns)).map(({ unit }) => unit));
  };
  const greeting = () =>
    Promise.all([own('Version'), own('ControlGroup'), own('DefaultLimitNOFILESoft'), subscribeToManager(bus)]);
  const [[version, controlGroup, openFiles], ends] = await Promise.all([
    whenThere(greeting),
    followScopeEnds(bus, loadedOf),
  ]).catch((cause: unknown) => {
    if (!(cause instanceof RemoteError)) throw cause;
    throw new RingfenceError('Unreachable', `cannot reach the user manager of systemd: ${cause.message}`, { cause });
  });

  return {
    version: Number.parseInt(version, 10),
    controlGroup: controlGroup === '/' ? '' : controlGroup,
    // Infinity is UINT64_MAX on the bus; no kernel takes more than 2^31 (fs.nr_open).
    openFiles: Number(openFiles) < 2 ** 31 ? Number(openFiles) : undefined,

    async environment() {
      const [block] = await call(propertiesInterface, 'Get', 'ss', [managerInterface, 'Environment'], 'v');
      return parseEnvironmentBlock(block.value as string[]);
    },

    async startScope(unit, properties) {
      const link = await jobLink();
      const start: PendingStart = { results: new Map() };
      starts.set(unit, start);
      try {
        const wire = properties.map(
          ({ name, signature, value }) => [name, variant(signature, value)] as [string, never],
        );
        const [job] = await call(
          managerInterface,
          'StartTransientUnit',
          'ssa(sv)a(sa(sv))',
          [unit, 'fail', wire, []],
          'o',
          path,
          link,
        ).catch((error: unknown) => {
          throw asScopeFailure(unit, error);
        });
        const result =
          start.results.get(job) ??
          (await jobEnd(start, job, unit, jobTimeoutMs).catch(async (error: unknown) => {
            // Takes the job back: or it would start a scope of dead processes when its turn comes.
            await call(managerInterface, 'StopUnit', 'ss', [unit, 'replace'], 'o').catch(() => {});
            throw error;
          }));
        if (result !== 'done')
          throw new RingfenceError('ScopeFailed', `cannot start ${unit}: its job ended as "${result}"`);
      } finally {
        starts.delete(unit);
      }
    },

    async stopScope(unit) {
      await call(managerInterface, 'StopUnit', 'ss', [unit, 'replace'], 'o').catch(ignoreUnknownUnit);
    },

    async killScope(unit, signal) {
      await call(managerInterface, 'KillUnit', 'ssi', [unit, 'all', signal], '').catch(ignoreUnknownUnit);
    },

    listScopes: (pattern) => listScopes([pattern]),

    async activeSince(unit) {
      const [since] = await call(
        propertiesInterface,
        'Get',
        'ss',
        ['org.freedesktop.systemd1.Unit', 'ActiveEnterTimestamp'],
        'v',
        unitObjectPath(unit),
      );
      return since.value as bigint;
    },

    onScopeGone: ends.follow,
    recheckScopes: ends.recheck,
  };
}

/** A manager that is executed anew, or joins a new bus, is away for a moment. */
async function whenThere<T>(attempt: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += pause) {
    try {
      return await attempt();
    } catch (error) {
      const isAway = error instanceof RemoteError ? awayErrors.test(error.dbusName) : isRingfenceError(error);
      if (waited >= longestAbsence || !isAway) throw error;
    }
    await sleep(pause);
  }
}

const awayErrors = /^org\.freedesktop\.DBus\.Error\.(ServiceUnknown|NameHasNoOwner|NoReply|Spawn\.\w+)$/;
/** In ms. */
const pause = 50;
const longestAbsence = 1000;

/** Hears of the ends of jobs on a connection. */
async function followJobs(link: Pick<BusConnection, 'subscribe'>, starts: ReadonlyMap<string, PendingStart>) {
  await link.subscribe({ sender: destination, path, interface: managerInterface, member: 'JobRemoved' }, ({ body }) => {
    const [, job, unit, result] = body as [number, string, string, string];
    const start = starts.get(unit);
    if (start === undefined) return;
    if (start.job === job) start.settle?.(result);
    else start.results.set(job, result);
  });
}

/** Nobody will tell how these ended. */
function loseJobs(starts: ReadonlyMap<string, PendingStart>): void {
  for (const start of starts.values()) start.settle?.('unknown');
}

function jobEnd(start: PendingStart, job: string, unit: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new RingfenceError('TimedOut', `cannot start ${unit}: systemd did not finish it in ${timeoutMs / 1000} s`),
        ),
      timeoutMs,
    );
    start.job = job;
    start.settle = (result) => {
      clearTimeout(timer);
      resolve(result);
    };
  });
}

function asScopeFailure(unit: string, error: unknown): unknown {
  if (!(error instanceof RemoteError)) return error;
  return new RingfenceError('ScopeFailed', `cannot start ${unit}: ${error.message}`, { cause: error });
}

// A scope that is gone needs no signal.
function ignoreUnknownUnit(error: unknown): void {
  if (!(error instanceof RemoteError && error.dbusName === 'org.freedesktop.systemd1.NoSuchUnit')) throw error;
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
