import { covers } from '../domain/bus-names.ts';
import type { Decision } from '../domain/decision.ts';
import { asStrictRefusal } from '../domain/fence-failure.ts';
import type { ReportRow } from '../domain/report.ts';
import type { Gate } from '../platform/process/gate.ts';
import { openReserve } from '../platform/process/reserve.ts';
import { type Enclosure, encloseBy } from './enclosure.ts';
import { type Entry, enterSandbox, retell } from './enter-sandbox.ts';
import { claimHome, type HomeClaim, type Occupant } from './home-claims.ts';
import { openLiveShares, type SharesUpdate, type UpdatedShares } from './live-shares.ts';
import { offersName } from './offers-name.ts';
import type { DocumentNames, Said } from './ports.ts';
import { renderBwrapArgs } from './pure/bwrap-args.ts';
import { enforcedRows } from './pure/enforced-rows.ts';
import { judgeSandboxHost } from './pure/host.ts';
import { parseInnerLine } from './pure/inner-gate.ts';
import { refusedName } from './pure/refused-name.ts';
import { type SandboxKit, startKit } from './sandbox-kits.ts';
import { homeOf, type Layout, type LayoutSurroundings, layOutSandbox } from './sandbox-layout.ts';
import type { SandboxMachine, SandboxPorts, SandboxRequest } from './sandbox-ports.ts';
import { scriptInside, startScript } from './script-inside.ts';

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
  /** Takes the home that a start has, until it is released. @throws RingfenceError NotEnforceable */
  claim(request: SandboxRequest, decision: Decision): Promise<HomeClaim>;
  /** Has a start go into the sandbox that runs over its home; see `enterSandbox`. */
  enter(request: SandboxRequest, decision: Decision, occupant: Occupant, entry: Entry): Promise<'entered' | 'gone'>;
  /** Goes on with starts that a daemon which was killed had noted for a running sandbox. */
  resume(unit: string, names: readonly string[]): Promise<void>;
  /** Whoever has claimed its home. @throws RingfenceError NotEnforceable when any part cannot be had; then nothing is left of the attempt */
  prepare(request: SandboxRequest, decision: Decision): Promise<Sandbox>;
  /** Lays a sandbox out for a process that makes it around a child of its own. @throws as `prepare` */
  layOut(request: SandboxRequest, decision: Decision): Promise<Enclosure>;
  /** Gives a sandbox that runs the folders that are shared with its app now; see `LiveShares`. */
  share(update: SharesUpdate): Promise<UpdatedShares>;
  /** What stands in the way on this machine, undefined when nothing does. */
  shortcoming(): Promise<{ part: string; reason: string; fix: string } | undefined>;
  /** The bus name that an app asked for last and was refused. */
  refusedName(unit: string): string | undefined;
  /** Whether that may be offered to its user: it is the app's by all that can be seen, and nobody else's. */
  offersName(app: string, name: string, session: ReadonlyMap<string, string>): Promise<boolean>;
  /** The instance has ended. */
  ended(unit: string): void;
  /** Clears up after all but these units: what a daemon that was killed has left. */
  sweep(units: readonly string[]): void;
  /** Sends away what waits for the next start. */
  close(): void;
}

export function openSandboxes(ports: SandboxPorts): Sandboxes {
  const { folders, services, bus } = ports;
  // Forking twice and starting the bus filter would be a quarter of a strict start.
  const kits = openReserve<SandboxKit>();
  const names = openReserve<DocumentNames>();
  const machine = openMachine(ports);
  const clear = (id: string) => {
    const all = folders.list();
    const record = all.find((one) => one.id === id);
    const own = record?.services ?? [];
    const others = all.filter((one) => one.id !== id).flatMap((one) => one.services);
    const removed = own.filter((name) => !others.includes(name)).filter((name) => services.remove(name));
    ports.portalInstances.remove(record?.instance ?? '');
    if (record?.documents !== undefined) ports.documents.forget(record.documents.writingId, record.home === undefined);
    if (record?.links !== undefined) void ports.links.forget(record.links.portalId, record.links.schemes);
    folders.remove(id);
    if (removed.length > 0) bus.reload().catch(() => {});
  };

  const said = new Map<string, Said>();
  const around = { ports, machine, kits, names, said, clear };
  const live = openLiveShares(ports, machine);
  followNames(ports);

  return {
    close() {
      kits.close();
      names.close();
      ports.doors.close();
    },

    async shortcoming() {
      return machine.refusal((await machine.look()).facts, {});
    },

    refusedName: (unit) => refusedLately(said.get(unit)),

    offersName: (app, name, session) => offersName(app, name, session, ports),

    ended(unit) {
      said.get(unit)?.close();
      said.delete(unit);
      for (const { id } of folders.list().filter((one) => one.unit === unit)) clear(id);
    },

    sweep(units) {
      for (const { id, unit } of folders.list()) if (!units.includes(unit)) clear(id);
      void live.settle();
      // Those that run may ask at any time.
      if (folders.list().length > 0) ports.documentQuestions.listen(ports.documents.place).catch(() => {});
    },

    claim: (request, decision) =>
      claimHome(request.name, homeOf(request, decision, ports), ports).catch((error: unknown) => {
        throw asStrictRefusal(request.name, error);
      }),

    enter: (request, decision, occupant, entry) =>
      enterSandbox(request, decision, occupant, entry, ports, live).catch((error: unknown) => {
        throw asStrictRefusal(request.name, error);
      }),

    async resume(unit, names) {
      const occupant = folders.list().find((one) => one.unit === unit);
      if (occupant !== undefined) await retell(names, occupant, ports);
    },

    share: (update) => live.update(update),

    prepare: (request, decision) => prepareSandbox(request, decision, around),

    async layOut(request, decision) {
      const id = ports.id();
      let opening: ReturnType<SandboxPorts['openWire']> | undefined;
      try {
        const folder = folders.make(id);
        opening = ports.openWire(folder);
        opening.catch(() => {});
        return encloseBy(
          await layOutSandbox(request, decision, id, around, { folder, wire: opening }),
          await opening,
          ports,
        );
      } catch (error) {
        await opening?.then(
          (wire) => wire.close(),
          () => {},
        );
        clear(id);
        throw asStrictRefusal(request.name, error);
      }
    },
  };
}

/** Starts what makes the sandbox, and waits. @throws RingfenceError NotEnforceable */
async function prepareSandbox(
  request: SandboxRequest,
  decision: Decision,
  around: LayoutSurroundings & { readonly said: Map<string, Said> },
): Promise<Sandbox> {
  const { ports, kits, said } = around;
  const layout = await layOutSandbox(request, decision, ports.id(), around).catch((error: unknown) => {
    throw asStrictRefusal(request.name, error);
  });
  const { programs, proxy, filter } = layout;
  const { gate, letGo } = layout.kit as SandboxKit;
  try {
    await layout.ready;
  } catch (error) {
    layout.undo();
    throw error;
  }
  return {
    gates: [gate],
    helpers: layout.helpers,
    abandon: layout.undo,
    async enclose(unit, onEntering) {
      const plan = await layout.settle(unit);
      const rendered = renderBwrapArgs(plan);
      const args = ports.alterArgs?.(rendered) ?? rendered;
      proxy.letGo();
      letGo();
      const entered = gate.enter(programs.bwrap, args, whatRunsInside(request, layout, ports));
      onEntering();
      const told = parseInnerLine((await entered) ?? '');
      if (told === undefined) throw await layout.explain('bubblewrap did not make it', 'sandbox');
      const { evidence, ops } = await layout.readBack(plan, unit, gate.pid, told);
      if (layout.hasDoor) said.set(unit, proxy.said);
      else proxy.said.close();
      ports.later(() => {
        kits.prepare(() => startKit({ programs, filter }, ports));
        layout.prepareNext();
      });
      return { rows: enforcedRows(ops, layout.letIn, evidence.status), reasons: layout.reasons() };
    },
  };
}

/** A command is one process; an app may be several in one sandbox, and more later. */
function whatRunsInside({ gates, variables }: SandboxRequest, layout: Layout, { doors }: SandboxPorts): string {
  const { own, shares, passEnvironment } = layout.letIn;
  const facts = { home: own.path, shares, environment: layout.environment, passEnvironment, variables };
  const scripts = gates.map((plan) => startScript(plan, facts));
  if (!layout.hasDoor) return scriptInside({ start: scripts[0] ?? '' });
  for (const [name, script] of scripts.entries()) doors.put(layout.folder, name.toString(16), script);
  return scriptInside({ starts: scripts.map((_, name) => name.toString(16)) });
}

/** A name that an app in a sandbox may own leads out of it once somebody outside owns it: such a sandbox ends. */
function followNames({ bus, folders, cgroups, scopeCgroup, killUnit }: SandboxPorts): void {
  bus.onOwned((name) => {
    const concerned = folders.list().filter(({ unit, names }) => unit !== '' && covers(names, name));
    if (concerned.length === 0) return;
    bus.ownerPid(name).then(
      (pid) => {
        if (pid === undefined) return;
        const cgroup = cgroups.of(pid);
        if (concerned.some(({ unit }) => scopeCgroup(unit) === cgroup)) return;
        for (const { unit } of concerned) killUnit(unit);
      },
      () => {},
    );
  });
}

function openMachine(ports: SandboxPorts): SandboxMachine {
  let probe: ReturnType<SandboxPorts['probeHost']> | undefined;
  const refusal: SandboxMachine['refusal'] = (facts, { a11yAddress, network = true }) => {
    const judged = judgeSandboxHost({
      ...facts,
      sessionAddress: ports.busAddress,
      network,
      ...(a11yAddress === undefined ? {} : { a11yAddress }),
    });
    return 'ok' in judged ? undefined : judged;
  };
  // What is missing may be installed the next moment; what is there is believed until it fails, or is gone.
  const look: SandboxMachine['look'] = async () => {
    probe ??= ports.probeHost();
    const found = await probe.catch((error: unknown) => {
      probe = undefined;
      throw error;
    });
    if (refusal(found.facts, {}) !== undefined) probe = undefined;
    else if (!ports.areThere(found.programs)) {
      probe = undefined;
      return look();
    }
    return found;
  };
  return {
    refusal,
    look,
    lookAgain() {
      probe = undefined;
    },
  };
}

function refusedLately(words: Said | undefined): string | undefined {
  const isLongAgo = words === undefined || Date.now() - words.lastAt() > longestAfterRefusal;
  return isLongAgo ? undefined : refusedName(words.text());
}

/** In ms, of an app's last word on the bus: one that lives on has not ended for want of a name. */
const longestAfterRefusal = 10_000;
