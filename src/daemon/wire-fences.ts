import { constants } from 'node:os';
import type { ContainPorts } from '../contain/contain.ts';
import type { EnclosePorts } from '../contain/enclose.ts';
import { type Config, sharedWordsOf } from '../domain/config/model.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import { readHostFacts } from '../launch/io/host-facts.ts';
import { openRecords } from '../launch/io/records.ts';
import type { FencePorts, LaunchPorts, LaunchStep, Mounts } from '../launch/ports.ts';
import { sessionBusAddress } from '../platform/dbus/address.ts';
import type { BusConnection } from '../platform/dbus/connection.ts';
import { openAppCatalog } from '../platform/desktop/app-catalog.ts';
import { findOrSuggest } from '../platform/desktop/suggest-apps.ts';
import { askMounts, doubtfulPlaces, silentMount } from '../platform/files/silent-mounts.ts';
import type { Log } from '../platform/journal/log.ts';
import { connectOutput, journalStreamVariable, nameOutput } from '../platform/journal/output-stream.ts';
import { openCgroups } from '../platform/kernel/cgroups.ts';
import { cgroupRoot, delegatedControllers, memoryAndTasks } from '../platform/kernel/host.ts';
import { openMemoryPressure } from '../platform/kernel/memory-pressure.ts';
import { openProcessTree } from '../platform/kernel/process-tree.ts';
import { terminalOf, writeToTerminal } from '../platform/kernel/terminal.ts';
import { type GateKeeper, type GateOptions, openGateKeeper } from '../platform/process/gate-keeper.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import type { Sandboxes } from '../strict/sandboxes.ts';
import { wireSandboxes } from '../strict/wire-sandboxes.ts';
import { type InstanceListener, type Instances, openInstances } from '../watch/instances.ts';
import { tellTerminal } from '../watch/tell-terminal.ts';

/** What fences are put together from. */
export interface FenceSurroundings {
  /** The daemon's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly bus: BusConnection;
  readonly systemd: Systemd;
  readonly log: Log;
  config(): Config;
  enabledProfile: FencePorts['enabledProfile'];
  /** Of ringfence-open, absolute: its fellow ringfence-shell lies beside it. */
  readonly clientPath?: string | undefined;
  readonly listener: InstanceListener;
  /** A dialog has let the strict app of this unit write this, and it is to be read all the same. */
  keptOut(unit: string, path: string, isFolder: boolean): void;
  /** More is shared with an app than its sandbox, which has just begun, was made with. */
  sharesChanged(app: string): void;
  readonly findProgram?: ((name: string) => string | undefined) | undefined;
  readonly alterSandbox?: (args: readonly string[]) => readonly string[];
  readonly number?: (() => bigint) | undefined;
  readonly onStep?: (step: LaunchStep) => void;
}

/** All that makes fences and keeps track of them. */
export interface Fences {
  readonly ports: LaunchPorts & ContainPorts & EnclosePorts;
  readonly instances: Instances;
  readonly sandboxes: Sandboxes;
  readonly gateKeeper: GateKeeper;
  /** Goes on with what a daemon that was killed had promised to have started in sandboxes that run. */
  resume(): Promise<void>;
}

/** Puts together what launches, contains and encloses. */
export function wireFences(around: FenceSurroundings): Fences {
  const { environment, bus, systemd, log, listener } = around;
  const cgroups = openCgroups(cgroupRoot());
  const records = openRecords(environment['XDG_RUNTIME_DIR'] ?? '');
  const gates = gateOptions(systemd);
  const gateKeeper = openGateKeeper(gates);
  const scopeCgroup = (unit: string) => `${systemd.controlGroup}/app.slice/${unit}`;
  const pressure = openMemoryPressure(cgroupRoot());
  const pressureFile = (unit: string) => pressure.fileOf(scopeCgroup(unit));
  const processes = openProcessTree(cgroupRoot());
  const instances = openInstances(
    {
      ...{ systemd, cgroups, processes, records, log, scopeCgroup },
      host: () => hostFacts(systemd),
      refusedName: (unit) => sandboxes.refusedName(unit),
    },
    {
      added: listener.added,
      changed: listener.changed,
      limitReached(instance, reached) {
        // Not to be had where no more files may be opened.
        tellTerminal(instance, reached, { writeToTerminal }).catch(() => {});
        listener.limitReached(instance, reached);
      },
      ended(instance, outcome) {
        if (instance.report.mode === 'strict') sandboxes.ended(instance.report.unit);
        listener.ended(instance, outcome);
      },
    },
  );
  const sandboxes = wireSandboxes({
    environment,
    bus,
    cgroups,
    scopeCgroup,
    gates,
    running: instances.all,
    busAddress: sessionBusAddress(environment),
    watchesPressure: () => pressureFile('any.scope') !== undefined,
    killUnit: (unit) => void systemd.killScope(unit, constants.signals.SIGKILL).catch(() => {}),
    findProgram: around.findProgram,
    sharedWords: () => sharedWordsOf(around.config()),
    keptOut: around.keptOut,
    warn: (text) => log.warn(text),
    ...(around.alterSandbox === undefined ? {} : { alterArgs: around.alterSandbox }),
  });
  const ports = {
    systemd,
    cgroups,
    records,
    config: around.config,
    enabledProfile: around.enabledProfile,
    host: () => hostFacts(systemd),
    scopeCgroup,
    pressureFile,
    openGates: gateKeeper.open,
    register: instances.add,
    sharesChanged: around.sharesChanged,
    sandboxes,
    running: (unit: string) => instances.all().find(({ report }) => report.unit === unit),
    now: Date.now,
    // No secret: a collision with a running unit is noticed and another is drawn.
    number: around.number ?? (() => BigInt(Math.floor(Math.random() * 2 ** 32))),
    openMounts,
    entryPaths: (id, variables) =>
      openAppCatalog(Object.fromEntries(variables)).directories.map((folder) => `${folder}/${id.id}`),
    findEntry: (id, variables) => findOrSuggest(openAppCatalog(Object.fromEntries(variables)), id),
    programFacts: (variables) => readHostFacts(Object.fromEntries(variables)),
    shellProgram: around.clientPath?.replace(/[^/]*$/, 'ringfence-shell'),
    processes,
    terminalOf,
    ownPid: process.pid,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    ...(around.onStep === undefined ? {} : { onStep: around.onStep }),
  } satisfies Fences['ports'];
  const resume = async () => {
    const all = instances.all().map(({ report }) => report);
    await Promise.all(
      all.map(({ unit, later = [] }) =>
        sandboxes.resume(
          unit,
          later.flatMap(({ names }) => names),
        ),
      ),
    );
  };
  return { ports, instances, sandboxes, gateKeeper, resume };
}

function openMounts(): Mounts {
  const answered = new Map<string, boolean>();
  return {
    ask: (paths, how) => askMounts(paths, { ...how, answered }),
    mayHang: () => doubtfulPlaces().length > 0,
    silent: silentMount,
  };
}

function gateOptions({ openFiles }: Systemd): GateOptions {
  return {
    openFiles,
    streams: {
      // Off a click's path, for the next gate: on a busy machine it may take its time.
      connect: () => connectOutput({ withinMs: 2000 }),
      name: (stream, identifier) => nameOutput(stream, { identifier }),
      variable: journalStreamVariable,
    },
  };
}

/** What limits can be enforced on this machine, now. */
export function hostFacts({ controlGroup, version }: Systemd): HostFacts {
  return Object.assign(memoryAndTasks(), {
    controllers: delegatedControllers(cgroupRoot(), controlGroup),
    systemdVersion: version,
    // Only asked where something is lacking: a file less to read at a click.
    kernelHas: (controller: string) => delegatedControllers(cgroupRoot(), '').has(controller),
  });
}
