import { basename } from 'node:path';
import { servicesWithinReach } from '../domain/bus-names.ts';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { GatePlan } from '../platform/process/gate-script.ts';
import type { Reserve } from '../platform/process/reserve.ts';
import type {
  BusProxy,
  EnclosureWire,
  IdleProxy,
  IdleSandboxGate,
  Placeholders,
  SandboxFolders,
  SandboxPrograms,
  SandboxSight,
  ServiceGuards,
  SessionBus,
} from './ports.ts';
import { planBusProxy } from './pure/bus-proxy.ts';
import { judgeSandbox, type MissingPart, type SandboxEvidence } from './pure/evidence.ts';
import { keepsLimitsInNamespaces, type SandboxHostFacts, seccompArchOf } from './pure/host.ts';
import { pathsToInspect } from './pure/marks.ts';
import type { SandboxHost, SandboxOp, SandboxPlan, SandboxSettings } from './pure/model.ts';
import { planSandbox, withCgroup } from './pure/plan.ts';
import { compileSeccomp } from './pure/seccomp.ts';
import { refuseRunningOutside } from './refuse-running-outside.ts';
import { isUsableKit, type SandboxKit, startKit } from './sandbox-kits.ts';
import { settingsOf } from './sandbox-settings.ts';

/** What is to be started strictly. */
export interface SandboxRequest {
  readonly name: string;
  readonly unitStem: string;
  readonly gates: readonly GatePlan[];
  /** The user manager's environment, without what a caller has put on top of it. */
  readonly session: ReadonlyMap<string, string>;
}

/** What sandboxes are made with. */
export interface SandboxPorts {
  readonly cgroups: Cgroups;
  readonly placeholders: Placeholders;
  readonly services: ServiceGuards;
  readonly folders: SandboxFolders;
  readonly bus: SessionBus;
  readonly sight: SandboxSight;
  /** Of the session bus. */
  readonly busAddress: string;
  /** Really tries: takes tens of milliseconds. */
  probeHost(): Promise<{
    readonly facts: Omit<SandboxHostFacts, 'sessionAddress' | 'a11yAddress' | 'network'>;
    readonly programs: SandboxPrograms;
  }>;
  /** `pipe`: the named pipe that another process takes the proxy over by. */
  startProxy(program: string, pipe?: string): Promise<IdleProxy>;
  openWire(folder: string): Promise<EnclosureWire>;
  openGate(fds: { readonly seccomp: number; readonly sync: number }): Promise<IdleSandboxGate>;
  /** Once nothing more urgent is to be done. */
  later(work: () => void): void;
  running(): readonly Instance[];
  /** The id, without ".desktop", of the app that a program belongs to. */
  appOfProgram(program: string, session: ReadonlyMap<string, string>): string | undefined;
  scopeCgroup(unit: string): string;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** A fresh name of a sandbox's folder. */
  id(): string;
  /** What bubblewrap is given, for tests that take something away. */
  readonly alterArgs?: (args: readonly string[]) => readonly string[];
}

/** A sandbox that is planned and whose bus filter runs: what every way of starting it has in common. */
export interface Layout {
  readonly id: string;
  readonly folder: string;
  readonly programs: SandboxPrograms;
  readonly proxy: BusProxy;
  /** The proxy and the first gate, of a sandbox that the daemon makes. */
  readonly kit: SandboxKit | undefined;
  /** The system call filter's bytes. */
  readonly filter: Uint8Array;
  /** The guards of its bus names stand. */
  readonly ready: Promise<void>;
  /** Binds it to its scope and waits for the bus filter. @throws RingfenceError NotEnforceable */
  settle(unit: string): Promise<SandboxPlan>;
  /** Reads back the gate that told `told`, below `gatePid`. @throws RingfenceError NotEnforceable */
  readBack(ops: readonly SandboxOp[], unit: string, gatePid: number, told: number): Promise<SandboxEvidence>;
  refuse(part: string, reason: string, fix: string): RingfenceError;
  /** The error of a sandbox that did not come to be: looks whether the machine has become another. */
  explain(reason: string, part: string): Promise<RingfenceError>;
  undo(): void;
}

/** What this machine can do for a sandbox. */
export interface SandboxMachine {
  look(): ReturnType<SandboxPorts['probeHost']>;
  /** Forgets what was seen. */
  lookAgain(): void;
  /** What stands in the way, undefined when nothing does. */
  refusal(
    facts: Awaited<ReturnType<SandboxPorts['probeHost']>>['facts'],
    start: { a11yAddress?: string | undefined; network?: boolean },
  ): (MissingPart & { fix: string }) | undefined;
}

/** What a layout is made with. */
export interface LayoutSurroundings {
  readonly ports: SandboxPorts;
  readonly machine: SandboxMachine;
  readonly kits: Reserve<SandboxKit>;
  /** Removes what was made for a sandbox. */
  clear(id: string): void;
}

/**
 * Plans a sandbox and starts its bus filter, whoever is to make it; `own`: the folder of one that a process of the caller's makes.
 * @throws RingfenceError NotEnforceable when any part cannot be had; then nothing is left of the attempt
 */
export async function layOutSandbox(
  request: SandboxRequest,
  decision: Decision,
  id: string,
  { ports, machine, kits, clear }: LayoutSurroundings,
  own?: { readonly folder: string; readonly wire: Promise<EnclosureWire> },
): Promise<Layout> {
  const { folders, placeholders, services, sight, bus } = ports;
  const what = decision.app ?? request.name;
  const refuse = (part: string, reason: string, fix: string) =>
    new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${part}: ${reason} (${fix})`);
  refusePackaged(what, request.gates);
  // A program that is an app's takes the app's name on the bus, or it would not start.
  const program = request.gates[0]?.argv[0];
  const app = decision.app ?? (program === undefined ? undefined : ports.appOfProgram(program, request.session));
  const appId = app ?? request.unitStem;
  const [{ facts, programs }, a11yAddress, activatable] = await Promise.all([
    machine.look(),
    bus.a11yAddress(),
    bus.activatableNames(),
    app === undefined ? undefined : refuseRunningOutside(app, ports),
  ]);
  const { settings, ownNames, talkNames, bases } = settingsOf(appId, what, decision, request.session, sight);
  const refusal = machine.refusal(facts, { a11yAddress, network: settings.network });
  if (refusal !== undefined) throw refuse(refusal.part, refusal.reason, refusal.fix);

  const folder = own?.folder ?? folders.make(id);
  let proxy: BusProxy | undefined;
  let kit: SandboxKit | undefined;
  const undo = () => {
    proxy?.kill();
    kit?.kill();
    clear(id);
  };
  try {
    const [environment] = request.gates.map((gate) => gate.environment);
    const host = hostOf(bases, folder, a11yAddress, environment ?? new Map(), settings, sight);
    const plan = planSandbox(settings, { ...host, cgroup: '/' });
    placeholders.make(plan.placeholders);
    const guarded = servicesWithinReach(appId, ownNames, activatable);
    const ready = guardServices(guarded, id);
    ready.catch(() => {});
    const argv = planBusProxy({
      appId,
      sessionAddress: ports.busAddress,
      socket: host.busSocket,
      ...(a11yAddress === undefined || host.a11ySocket === undefined
        ? {}
        : { a11y: { address: a11yAddress, socket: host.a11ySocket } }),
      syncFd: 3,
      ownNames,
      talkNames,
    });
    const filter = compileSeccomp(seccompArchOf(facts.machine) ?? 'x86_64', {
      cgroupNamespaces: keepsLimitsInNamespaces(sight.mountinfo()),
    });
    if (own === undefined) {
      const parts = { program: programs.proxy, filter };
      const fresh = async () => {
        const started = await startKit(parts, ports);
        await started.gate.name(request.unitStem);
        return started;
      };
      kit = await kits.take(fresh, (spare) => isUsableKit(spare, parts, request.unitStem));
    }
    const started = kit?.proxy ?? (await ports.startProxy(programs.proxy, (await own?.wire)?.syncPath));
    proxy = started;
    started.begin(argv);
    return {
      id,
      folder,
      programs,
      proxy: started,
      kit,
      filter,
      ready,
      refuse,
      readBack,
      explain,
      undo,
      async settle(unit) {
        folders.record(id, { unit, services: guarded });
        if (!(await started.listens)) throw await explain('the bus filter ended before it listened', 'bus filter');
        return withCgroup(plan, ports.scopeCgroup(unit));
      },
    };
  } catch (error) {
    undo();
    throw error;
  }

  async function guardServices(names: readonly string[], sandbox: string): Promise<void> {
    folders.record(sandbox, { unit: '', services: names });
    const outcomes = names.map((name) => [name, services.put(name)] as const);
    const foreign = outcomes.find(([, outcome]) => outcome === 'foreign');
    if (foreign !== undefined) {
      const reason = `the bus would start ${foreign[0]} outside by a service file of its own in the runtime folder`;
      throw refuse('bus filter', reason, `remove ${foreign[0]}.service there`);
    }
    if (outcomes.some(([, outcome]) => outcome === 'put')) await bus.reload();
  }

  /** Bubblewrap's first process puts the filter on itself while the gate inside may speak already: looks again. */
  async function readBack(ops: readonly SandboxOp[], unit: string, gatePid: number, told: number) {
    const cgroup = ports.scopeCgroup(unit);
    let missing: MissingPart = { part: 'sandbox', reason: 'its process cannot be found in the scope' };
    for (const pause of [0, 1, 2, 4, 8, 16, 32, 64, 128, 256]) {
      if (pause > 0) await ports.sleep(pause);
      const evidence = sight.readEvidence(ports.cgroups.pids(cgroup), gatePid, told);
      if (evidence === undefined) continue;
      const found = judgeSandbox({ ops, cgroup }, evidence);
      if (found === undefined) return evidence;
      missing = found;
    }
    throw await explain(missing.reason, missing.part);
  }

  async function explain(reason: string, part: string): Promise<RingfenceError> {
    machine.lookAgain();
    const now = machine.refusal((await machine.look()).facts, { a11yAddress, network: settings.network });
    if (now !== undefined) return refuse(now.part, now.reason, now.fix);
    const said = own === undefined ? `in the journal under ${request.unitStem}` : 'above';
    return refuse(part, reason, `what it said is ${said}`);
  }
}

function hostOf(
  bases: Pick<SandboxHost, 'home' | 'configHome' | 'dataHome' | 'stateHome' | 'cacheHome' | 'runtimeDir'>,
  folder: string,
  a11yAddress: string | undefined,
  environment: ReadonlyMap<string, string>,
  settings: SandboxSettings,
  sight: SandboxSight,
): Omit<SandboxHost, 'cgroup'> {
  const variable = <K extends string>(key: K, name: string): { [P in K]?: string } => {
    const value = environment.get(name);
    return (value === undefined || value === '' ? {} : { [key]: value }) as { [P in K]?: string };
  };
  const host = {
    ...bases,
    busSocket: `${folder}/bus`,
    ...(a11yAddress === undefined ? {} : { a11ySocket: `${folder}/a11y` }),
    ...variable('display', 'DISPLAY'),
    ...variable('waylandDisplay', 'WAYLAND_DISPLAY'),
    ...variable('xauthority', 'XAUTHORITY'),
  };
  return { ...host, paths: sight.lookAtPaths(pathsToInspect(settings, { ...host, cgroup: '/' })) };
}

/** These bring a sandbox and a scope of their own, and their start needs rights that strict takes away. */
function refusePackaged(what: string, gates: readonly GatePlan[]): void {
  for (const { argv } of gates) {
    const runner = argv.findIndex((word) => ['flatpak', 'snap'].includes(basename(word)));
    const kind =
      runner !== -1 && argv.slice(runner).includes('run')
        ? basename(argv[runner] ?? '')
        : argv.some((word) => word.startsWith('/snap/bin/') || word.startsWith('/var/lib/snapd/snap/bin/'))
          ? 'snap'
          : undefined;
    if (kind === undefined) continue;
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what} strictly: it is a ${kind} app, which has a sandbox of its own (set its permissions with ` +
        `${kind}, or use the profile "relaxed" for limits)`,
    );
  }
}
