import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configReport } from '../config/wire-config-report.ts';
import { isRingfenceError } from '../domain/errors.ts';
import { sessionBusAddress } from '../platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../platform/dbus/connection.ts';
import { isRemoteError } from '../platform/dbus/messages.ts';
import { loadJournalSend } from '../platform/journal/load-journal-send.ts';
import { pingJournald } from '../platform/journal/ping-journald.ts';
import { cgroupRoot, delegatedControllers, memoryAndTasks } from '../platform/kernel/host.ts';
import { openOwnUnit } from '../platform/systemd/own-unit.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import { connectUserManager } from '../platform/systemd/user-manager.ts';
import { probeHost, probeNested } from '../strict/io/host-probe.ts';
import { judgeSharedFolders } from '../strict/wire-sandboxes.ts';
import { findActivationFile, hasProgram } from './io/activation-file.ts';
import { findInstallations, isWindowInstalled } from './io/find-installations.ts';
import { probeWindow } from './io/probe-window.ts';
import { findUnwritable } from './io/unwritable-folders.ts';
import type { DoctorFacts } from './pure/doctor-facts.ts';
import { type Finding, judgeHost } from './pure/judge-host.ts';
import { installPlaces, unitName } from './pure/places.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const journalSocket = '/run/systemd/journal/stdout';
const daemonName = 'org.ringfence.Ringfence1';
const notificationName = 'org.freedesktop.Notifications';
const driver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

/** Looks at everything Ringfence needs here. Nothing is changed; the daemon is started, as any use would. */
export async function examineHost(environment: Environment, version: string): Promise<Finding[]> {
  const { bus, problem } = await joinBus(environment);
  try {
    return judgeHost(await gather(environment, version, bus, problem));
  } finally {
    await bus?.close();
  }
}

async function gather(
  environment: Environment,
  version: string,
  bus: BusConnection | undefined,
  busProblem: string | undefined,
): Promise<DoctorFacts> {
  const systemd = bus && (await connectUserManager(bus).catch(() => undefined));
  const managed = { ...environment, ...(systemd && Object.fromEntries(await systemd.environment())) };
  const places = installPlaces(environment);
  const unit =
    bus &&
    systemd &&
    (await openOwnUnit(bus, unitName)
      .facts()
      .catch(() => undefined));
  const activation = findActivationFile(managed);
  const program = join(places.package, 'dist/ringfenced');
  const path = managed['PATH'] || '/usr/local/bin:/usr/bin:/bin';
  const [{ facts, nested, programs }, journald, notifications, daemon, host] = await Promise.all([
    probeSandboxes(),
    askJournald(),
    hasNotifications(bus),
    bus && askDaemon(bus),
    probeWindow(managed),
  ]);
  return {
    version,
    installations: findInstallations(places),
    busProblem,
    manager: systemd && managerFacts(systemd),
    unifiedCgroups: existsSync('/sys/fs/cgroup/cgroup.controllers'),
    kernelControllers: delegatedControllers(cgroupRoot(), ''),
    swapBytes: memoryAndTasks().swapBytes,
    sandbox: { ...facts, ...sessionAddress(environment), network: true },
    hasPerl: programs.perl !== undefined,
    nested,
    unwritable: findUnwritable(managed),
    isRoot: process.getuid?.() === 0,
    activation,
    unit,
    daemon,
    watching: daemon && 'version' in daemon ? await askWatching(bus) : undefined,
    desktop: daemon && 'version' in daemon ? await askRows(bus, 'Desktop') : [],
    entries: daemon && 'version' in daemon ? await askEntries(bus) : undefined,
    journald,
    journalBinding: loadJournalSend(existsSync(program) ? program : undefined) !== undefined,
    notifications: { service: notifications, client: hasProgram('notify-send', path) },
    window: { installed: isWindowInstalled(places), host },
    binOutsidePath:
      existsSync(join(places.bin, 'ringfence')) && !(environment['PATH'] ?? '').split(':').includes(places.bin)
        ? places.bin
        : undefined,
    ...configFacts(managed),
  };
}

/** Both steps: a sandbox, and one that is made by a program in it. */
async function probeSandboxes(): Promise<Awaited<ReturnType<typeof probeHost>> & Pick<DoctorFacts, 'nested'>> {
  const found = await probeHost();
  const { bwrap } = found.programs;
  return { ...found, nested: bwrap === '' ? undefined : await probeNested(bwrap) };
}

async function joinBus(environment: Environment): Promise<{ bus?: BusConnection; problem?: string }> {
  try {
    return { bus: await connectBus(sessionBusAddress(environment)) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** A journald that hangs says nothing at all, for as long as it does. */
async function askJournald(): Promise<DoctorFacts['journald']> {
  const patience = new AbortController();
  const silent = sleep(2000, 'silent' as const, { signal: patience.signal }).catch(() => 'silent' as const);
  const answer = await Promise.race([pingJournald(journalSocket), silent]);
  patience.abort();
  return answer;
}

function managerFacts({ version, controlGroup }: Systemd): DoctorFacts['manager'] {
  const root = cgroupRoot();
  return {
    version,
    controllers: delegatedControllers(root, controlGroup),
    swapIsCounted: existsSync(join(root, controlGroup, 'memory.swap.max')),
  };
}

async function askDaemon(bus: BusConnection): Promise<NonNullable<DoctorFacts['daemon']>> {
  try {
    const unit = openOwnUnit(bus, unitName);
    await unit.wake();
    return { version: await unit.version() };
  } catch (error) {
    if (isRingfenceError(error, 'TimedOut')) return { problem: 'no answer came in time', hangs: true };
    return { problem: messageOf(error) };
  }
}

/** Undefined also for a daemon that is too old to tell. */
async function askWatching(bus: BusConnection | undefined): Promise<DoctorFacts['watching']> {
  const rows = await askRows(bus, 'Capabilities');
  const row = rows.find((one) => one.get('name') === 'file-watching' && one.get('available') === 'no');
  return row && { reason: row.get('reason') ?? '', fix: row.get('fix') ?? '' };
}

/** A property that is a list of dictionaries; empty from a daemon that is too old to have it. */
async function askRows(bus: BusConnection | undefined, name: string): Promise<readonly ReadonlyMap<string, string>[]> {
  const target = {
    destination: daemonName,
    path: '/org/ringfence/Ringfence1',
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
  };
  try {
    const [answer] = (await bus?.call(target, 'ss', [daemonName, name], 'v')) ?? [];
    return (answer?.value ?? []) as Map<string, string>[];
  } catch (error) {
    if (isRemoteError(error, 'org.freedesktop.DBus.Error.UnknownProperty')) return [];
    throw error;
  }
}

/** Undefined for a daemon that is too old to have entries. */
async function askEntries(bus: BusConnection | undefined): Promise<DoctorFacts['entries']> {
  try {
    const target = {
      destination: daemonName,
      path: '/org/ringfence/Ringfence1',
      interface: daemonName,
      member: 'ListApps',
    };
    const [rows] = (await bus?.call(target, '', [], 'aa{ss}', { timeoutMs: 60_000 })) ?? [[]];
    return rows.map((row) => ({ id: row.get('id') ?? '', state: row.get('state') ?? '' }));
  } catch (error) {
    if (isRemoteError(error)) return undefined;
    throw error;
  }
}

async function hasNotifications(bus: BusConnection | undefined): Promise<boolean> {
  if (bus === undefined) return false;
  const lists = await Promise.all(
    ['ListNames', 'ListActivatableNames'].map((member) => bus.call({ ...driver, member }, '', [], 'as')),
  );
  return lists.some(([names]) => names.includes(notificationName));
}

function configFacts(environment: Environment): Pick<DoctorFacts, 'configErrors' | 'configWarnings'> {
  const { problems, warnings } = configReport(environment, (words) => judgeSharedFolders(words, environment));
  return { configErrors: problems, configWarnings: warnings.map(({ message }) => message) };
}

function sessionAddress(environment: Environment): { sessionAddress?: string } {
  try {
    return { sessionAddress: sessionBusAddress(environment) };
  } catch {
    return {};
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
