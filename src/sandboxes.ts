import { basename } from 'node:path';
import type { Decision } from './core/decide-containment.ts';
import { RingfenceError } from './core/errors.ts';
import { type GatePlan, wordsForShell } from './core/gate-script.ts';
import type { ReportRow } from './core/report.ts';
import { servicesWithinReach } from './core/sandbox/bus-names.ts';
import { planBusProxy } from './core/sandbox/bus-proxy.ts';
import { renderBwrapArgs } from './core/sandbox/bwrap-args.ts';
import { enforcedRows, unguardedReasons } from './core/sandbox/enforced-rows.ts';
import { judgeSandbox, type MissingPart } from './core/sandbox/evidence.ts';
import {
  judgeSandboxHost,
  keepsLimitsInNamespaces,
  type SandboxHostFacts,
  seccompArchOf,
} from './core/sandbox/host.ts';
import { parseInnerLine, sandboxedArgv } from './core/sandbox/inner-gate.ts';
import { pathsToInspect } from './core/sandbox/marks.ts';
import type { SandboxHost, SandboxOp, SandboxSettings } from './core/sandbox/model.ts';
import { planSandbox, withCgroup } from './core/sandbox/plan.ts';
import { compileSeccomp } from './core/sandbox/seccomp.ts';
import { type Enclosure, encloseBy } from './enclosure.ts';
import type {
  BusProxy,
  Cgroups,
  EnclosureWire,
  Gate,
  IdleProxy,
  IdleSandboxGate,
  Instance,
  Placeholders,
  SandboxFolders,
  SandboxGate,
  SandboxPrograms,
  SandboxSight,
  ServiceGuards,
  SessionBus,
} from './ports.ts';
import { refuseRunningOutside } from './refuse-running-outside.ts';
import { openSandboxKits, type SandboxKit } from './sandbox-kits.ts';
import type { Layout } from './sandbox-layout.ts';
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

/** A sandbox whose gates wait outside of it. */
export interface Sandbox {
  readonly gates: readonly Gate[];
  /** Processes that belong into the scope too. */
  readonly helpers: readonly number[];
  /**
   * Makes the sandbox in the scope, reads it back, and says what holds. The gates then wait inside; their release starts the app.
   * @throws RingfenceError NotEnforceable; nothing of the app has run
   */
  enclose(unit: string, onEntering: () => void): Promise<{ rows: ReportRow[]; reasons: string[] }>;
  /** Ends what waits and undoes what was made for it. */
  abandon(): void;
}

/** Makes strict sandboxes and clears up after them. */
export interface Sandboxes {
  /** @throws RingfenceError NotEnforceable when any part cannot be had; then nothing is left of the attempt */
  prepare(request: SandboxRequest, decision: Decision): Promise<Sandbox>;
  /** Lays a sandbox out for a process that makes it around a child of its own. @throws as `prepare` */
  layOut(request: SandboxRequest, decision: Decision): Promise<Enclosure>;
  /** What stands in the way on this machine, undefined when nothing does. */
  shortcoming(): Promise<{ part: string; reason: string; fix: string } | undefined>;
  /** The instance has ended. */
  ended(unit: string): void;
  /** Clears up after all but these units: what a daemon that was killed has left. */
  sweep(units: readonly string[]): void;
  /** Sends away what waits for the next start. */
  close(): void;
}

export function openSandboxes(ports: SandboxPorts): Sandboxes {
  const { folders, placeholders, services, sight, bus } = ports;
  const kits = openSandboxKits(ports);
  let probe: ReturnType<SandboxPorts['probeHost']> | undefined;

  // What is missing may be installed the next moment; what is there is believed until it fails.
  const machine = async () => {
    probe ??= ports.probeHost();
    const found = await probe;
    if (refusalOf(found.facts, {}) !== undefined) probe = undefined;
    return found;
  };
  const refusalOf = (
    facts: Awaited<ReturnType<SandboxPorts['probeHost']>>['facts'],
    { a11yAddress, network = true }: { a11yAddress?: string | undefined; network?: boolean },
  ) => {
    const judged = judgeSandboxHost({
      ...facts,
      sessionAddress: ports.busAddress,
      network,
      ...(a11yAddress === undefined ? {} : { a11yAddress }),
    });
    return 'ok' in judged ? undefined : judged;
  };
  const clear = (id: string) => {
    const all = folders.list();
    const own = all.find((one) => one.id === id)?.services ?? [];
    const others = all.filter((one) => one.id !== id).flatMap((one) => one.services);
    const removed = own.filter((name) => !others.includes(name)).filter((name) => services.remove(name));
    folders.remove(id);
    if (all.every((one) => one.id === id)) placeholders.removeAll();
    if (removed.length > 0) bus.reload().catch(() => {});
  };

  /** What a sandbox is made of, whoever makes it; `own`: the folder of one that a process of the caller's makes. */
  const begin = async (
    request: SandboxRequest,
    decision: Decision,
    id: string,
    own?: { readonly folder: string; readonly wire: Promise<EnclosureWire> },
  ): Promise<Layout> => {
    const what = decision.app ?? request.name;
    const refuse = (part: string, reason: string, fix: string) =>
      new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${part}: ${reason} (${fix})`);
    refusePackaged(what, request.gates);
    // A program that is an app's takes the app's name on the bus, or it would not start.
    const program = request.gates[0]?.argv[0];
    const app = decision.app ?? (program === undefined ? undefined : ports.appOfProgram(program, request.session));
    const appId = app ?? request.unitStem;
    const [{ facts, programs }, a11yAddress, activatable] = await Promise.all([
      machine(),
      bus.a11yAddress(),
      bus.activatableNames(),
      app === undefined ? undefined : refuseRunningOutside(app, ports),
    ]);
    const { settings, ownNames, talkNames, bases } = settingsOf(appId, what, decision, request.session, sight);
    const refusal = refusalOf(facts, { a11yAddress, network: settings.network });
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
      if (own === undefined) kit = await kits.take(programs.proxy, filter, request.unitStem);
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
      probe = undefined;
      const now = refusalOf((await machine()).facts, { a11yAddress, network: settings.network });
      if (now !== undefined) return refuse(now.part, now.reason, now.fix);
      const said = own === undefined ? `in the journal under ${request.unitStem}` : 'above';
      return refuse(part, reason, `what it said is ${said}`);
    }
  };

  return {
    close: kits.close,

    async shortcoming() {
      return refusalOf((await machine()).facts, {});
    },

    ended(unit) {
      for (const { id } of folders.list().filter((one) => one.unit === unit)) clear(id);
    },

    sweep(units) {
      for (const { id, unit } of folders.list()) if (!units.includes(unit)) clear(id);
      if (folders.list().length === 0) placeholders.removeAll();
    },

    async prepare(request, decision) {
      const layout = await begin(request, decision, ports.id());
      const { programs, proxy, kit, filter, explain } = layout;
      const gates: SandboxGate[] = [];
      const held: { close(): void }[] = [];
      const abandon = () => {
        for (const gate of gates) gate.kill();
        for (const each of held.splice(0)) each.close();
        layout.undo();
      };
      try {
        for (const _ of request.gates) {
          if (gates.length === 0 && kit !== undefined) {
            gates.push(kit.gate);
            held.push({ close: kit.letGo });
            continue;
          }
          const bytes = folders.holdBytes(filter);
          held.push(bytes);
          const gate = await ports.openGate({ seccomp: bytes.fd, sync: proxy.syncFd });
          gates.push(gate);
          await gate.name(request.unitStem);
        }
        await layout.ready;
        return {
          gates,
          helpers: [proxy.pid],
          abandon,
          async enclose(unit, onEntering) {
            const plan = await layout.settle(unit);
            const rendered = renderBwrapArgs(plan.ops).argv;
            const args = ports.alterArgs?.(rendered) ?? rendered;
            proxy.letGo();
            for (const each of held.splice(0)) each.close();
            const entered = gates.map((gate, index) => {
              const own = request.gates[index] as GatePlan;
              const [, ...rest] = sandboxedArgv(args, wordsForShell(own));
              return gate.enter({ ...own, argv: [programs.bwrap, ...rest] });
            });
            onEntering();
            let status = '';
            for (const [index, line] of (await Promise.all(entered)).entries()) {
              const told = parseInnerLine(line ?? '');
              if (told === undefined) throw await explain('bubblewrap did not make it', 'sandbox');
              status = (await layout.readBack(plan.ops, unit, (gates[index] as Gate).pid, told)).status;
            }
            ports.later(() => kits.prepare(programs.proxy, filter));
            return { rows: enforcedRows(plan, status), reasons: unguardedReasons(plan) };
          },
        };
      } catch (error) {
        abandon();
        throw error;
      }
    },

    async layOut(request, decision) {
      const id = ports.id();
      const folder = folders.make(id);
      const opening = ports.openWire(folder);
      opening.catch(() => {});
      try {
        return encloseBy(await begin(request, decision, id, { folder, wire: opening }), await opening, ports);
      } catch (error) {
        await opening.then(
          (wire) => wire.close(),
          () => {},
        );
        clear(id);
        throw error;
      }
    },
  };
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
