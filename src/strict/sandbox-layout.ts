import { covers, servicesWithinReach } from '../domain/bus-names.ts';
import { appKey } from '../domain/config/model.ts';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import type { Reserve } from '../platform/process/reserve.ts';
import { appOf } from './app-of-request.ts';
import { askForStart } from './ask-mounts.ts';
import { keepUndivided } from './keep-undivided.ts';
import { keptHome, type LetIn, letIn, type Wishes } from './let-in.ts';
import { letInDocuments, writesOf } from './let-in-documents.ts';
import { letInLinks } from './let-in-links.ts';
import { type LetInWayland, letInWayland } from './let-in-wayland.ts';
import { identityOf, lookAtPortals, type Portals } from './portals.ts';
import type { BusProxy, DocumentNames, EnclosureWire, SandboxPrograms } from './ports.ts';
import { planBusProxy } from './pure/bus-proxy.ts';
import { termsOf } from './pure/entry-terms.ts';
import { type EnvironmentChange, planEnvironment } from './pure/environment.ts';
import { judgeSandbox, type MissingPart, type SandboxEvidence } from './pure/evidence.ts';
import { isGpuDevice } from './pure/gpu-devices.ts';
import { keepsLimitsInNamespaces, seccompArchOf } from './pure/host.ts';
import type { SandboxHost, SandboxPlan } from './pure/model.ts';
import { ownPasswd } from './pure/passwd.ts';
import { planSandbox, systemPaths, waylandSocket, withCgroup, xSocket } from './pure/plan.ts';
import { portalInstance } from './pure/portal-identity.ts';
import { compileSeccomp } from './pure/seccomp.ts';
import { setupScript } from './pure/setup.ts';
import { refusePackaged } from './refuse-packaged.ts';
import { refuseRunningOutside } from './refuse-running-outside.ts';
import { isUsableKit, type KitParts, type SandboxKit, startKit } from './sandbox-kits.ts';
import type { SandboxMachine, SandboxPorts, SandboxRequest } from './sandbox-ports.ts';

/** A sandbox that is planned and whose bus filter runs: what every way of starting it has in common. */
export interface Layout {
  readonly id: string;
  readonly folder: string;
  readonly programs: SandboxPrograms;
  readonly proxy: BusProxy;
  /** Processes that belong into its scope too. */
  readonly helpers: readonly number[];
  /** The proxy and the gate, of a sandbox that the daemon makes. */
  readonly kit: SandboxKit | undefined;
  /** The system call filter's bytes. */
  readonly filter: Uint8Array;
  readonly letIn: LetIn;
  readonly environment: EnvironmentChange;
  /** Whether more can be started in it later. */
  readonly hasDoor: boolean;
  /** The guards of its bus names stand. */
  readonly ready: Promise<void>;
  /** Binds it to its scope and waits for the bus filter. @throws RingfenceError NotEnforceable */
  settle(unit: string): Promise<SandboxPlan>;
  /** Reads back the gate that told `told`, below `gatePid`. @throws RingfenceError NotEnforceable */
  readBack(
    plan: SandboxPlan,
    unit: string,
    gatePid: number,
    told: number,
  ): Promise<{ readonly evidence: SandboxEvidence; readonly ops: SandboxPlan }>;
  /** Sentences for the report, once it is read back. */
  reasons(): string[];
  refuse(part: string, reason: string, fix: string): RingfenceError;
  /** The error of a sandbox that did not come to be: looks whether the machine has become another. */
  explain(reason: string, part: string): Promise<RingfenceError>;
  /** Starts what the next one needs of the same kind. */
  prepareNext(): void;
  undo(): void;
}

/** What a layout is made with. */
export interface LayoutSurroundings {
  readonly ports: SandboxPorts;
  readonly machine: SandboxMachine;
  readonly kits: Reserve<SandboxKit>;
  readonly names: Reserve<DocumentNames>;
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
  around: LayoutSurroundings,
  own?: OwnSandbox,
): Promise<Layout> {
  const { ports, clear } = around;
  const start = await openStart(request, decision, id, around, own);
  await refuseOwnedNames(start);
  const folder = own?.folder ?? ports.folders.make(id);
  const held: Held = {};
  const undo = () => {
    void held.names?.then((names) => names?.kill());
    void held.wayland?.then(
      ({ keeper }) => keeper?.kill(),
      () => {},
    );
    held.proxy?.kill();
    held.kit?.kill();
    clear(id);
  };
  try {
    return await layOutIn(folder, start, around, held, undo);
  } catch (error) {
    undo();
    throw error;
  }
}

/** What is started for a sandbox. */
interface Held {
  proxy?: BusProxy;
  kit?: SandboxKit;
  names?: Promise<DocumentNames | undefined>;
  wayland?: Promise<LetInWayland>;
}

/** The folder of a sandbox that a process of the caller's makes, and the line to its gate. */
interface OwnSandbox {
  readonly folder: string;
  readonly wire: Promise<EnclosureWire>;
}

/** A strict start that nothing stands in the way of so far. */
interface StrictStart {
  readonly request: SandboxRequest;
  readonly id: string;
  readonly app: { readonly id: string; readonly counts: boolean } | undefined;
  readonly lets: LetIn;
  readonly machine: Awaited<ReturnType<SandboxMachine['look']>>;
  readonly a11yAddress: string | undefined;
  readonly portals: Portals;
  /** The names that the bus would start a program for. */
  readonly activatable: readonly string[];
  readonly own: OwnSandbox | undefined;
  /** Whether later starts can go in. */
  readonly hasDoor: boolean;
  readonly ports: SandboxPorts;
  refuse(part: string, reason: string, fix: string): RingfenceError;
  /** Why a sandbox did not come to be: looks whether the machine has become another. */
  explain(reason: string, part: string): Promise<RingfenceError>;
}

/** Looks at the machine and the bus, and decides what is let in. @throws RingfenceError NotEnforceable */
async function openStart(
  request: SandboxRequest,
  decision: Decision,
  id: string,
  { ports, machine }: LayoutSurroundings,
  own: OwnSandbox | undefined,
): Promise<StrictStart> {
  const what = decision.app ?? request.name;
  const refuse = (part: string, reason: string, fix: string) =>
    new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${part}: ${reason} (${fix})`);
  refusePackaged(what, request.gates);
  const app = appOf(request, decision, ports);
  const names = ports.bus.activatableNames();
  const [seen, a11yAddress, activatable, portals] = await Promise.all([
    machine.look(),
    ports.bus.a11yAddress(),
    names,
    names.then((all) => lookAtPortals(all, ports)),
    app === undefined ? undefined : refuseRunningOutside(app.id, ports),
    askForStart(request, decision, ports),
  ]);
  const needs = { a11yAddress, network: decision.sandbox?.network ?? true };
  const refusal = machine.refusal(seen.facts, needs);
  if (refusal !== undefined) throw refuse(refusal.part, refusal.reason, refusal.fix);
  const explain = async (reason: string, part: string) => {
    machine.lookAgain();
    const now = machine.refusal((await machine.look()).facts, needs);
    if (now !== undefined) return refuse(now.part, now.reason, now.fix);
    const said = own === undefined ? `in the journal under ${request.unitStem}` : 'above';
    return refuse(part, reason, `what it said is ${said}`);
  };
  const lets = letIn(what, decision, wishesOf(request, app, id), ports);
  // An app's, however it was started: its D-Bus service is a command that is part of it. Any other command is nobody else's.
  const hasDoor = own === undefined && (request.variables === undefined || decision.app !== undefined);
  return {
    request,
    id,
    app,
    lets,
    machine: seen,
    a11yAddress,
    activatable,
    portals,
    own,
    hasDoor,
    ports,
    refuse,
    explain,
  };
}

/** Plans what is mounted, writes what the sandbox reads, and starts its bus filter; what is started is also put into `held`. */
async function layOutIn(
  folder: string,
  start: StrictStart,
  { kits, names }: LayoutSurroundings,
  held: Held,
  undo: () => void,
): Promise<Layout> {
  const { request, id, lets, a11yAddress, portals, own, hasDoor, ports, refuse, explain } = start;
  const { facts, programs } = start.machine;
  const { folders, sight } = ports;
  const identity = identityOf(lets.own.path, id, lets.settings.network, portals);
  const { id: portalId, instance, info } = identity;
  const opening = letInDocuments(identity, start, names);
  held.names = opening.then((documents) => documents.names);
  const host = { ...hostOf(lets, folder, a11yAddress, request, ports), hasDoor };
  const door = hasDoor ? ports.doors.make(folder) : Promise.resolve();
  door.catch(() => {});
  const accounts = sight.accounts();
  folders.write(id, 'passwd', ownPasswd(accounts.text, accounts, lets.own.path));
  folders.write(id, 'setup', setupScript(lets.look, lets.own.path, lets.downloads));
  const guarded = servicesWithinReach(lets.ownNames, start.activatable);
  const ready = guardServices(guarded, start);
  ready.catch(() => {});
  const links = await letInLinks(portalId, start);
  const argv = planBusProxy({
    sessionAddress: ports.busAddress,
    socket: `${folder}/bus`,
    ...(a11yAddress === undefined ? {} : { a11y: { address: a11yAddress, socket: `${folder}/a11y` } }),
    syncFd: 3,
    ownNames: lets.ownNames,
    calls: lets.calls,
    openLinks: links.open,
    printing: lets.settings.printing,
  });
  const filter = compileSeccomp(seccompArchOf(facts.machine) ?? 'x86_64', {
    cgroupNamespaces: keepsLimitsInNamespaces(sight.mountinfo()),
  });
  if (own === undefined) held.kit = await takeKit({ programs, filter }, start, kits);
  const proxy = held.kit?.proxy ?? (await ports.startProxy(programs, folders.place(), (await own?.wire)?.syncPath));
  held.proxy = proxy;
  proxy.begin(argv, info);
  held.wayland = letInWayland({
    ...{ settings: lets.settings, host, identity, machine: start.machine, displays: ports.waylandDisplays, refuse },
    ...{ pid: proxy.pids.at(-1) ?? 0, needsWindow: hasDoor, app: appKey(start.app?.id ?? request.name) },
  });
  held.wayland.catch(() => {});
  const opened = await opening;
  const wayland = await held.wayland;
  const shown = { ...host, ...wayland.host };
  const environment = planEnvironment(lets.settings, shown);
  const plan = planSandbox(lets.settings, { ...shown, ...opened.host, cgroup: '/' });
  const reasons = [lets, portals, links, opened, wayland].flatMap((part) => part.reasons);
  return {
    ...{ id, folder, programs, kit: held.kit, proxy, filter, ready, refuse, explain, undo },
    helpers: [...proxy.pids, ...[opened.names, wayland.keeper].flatMap((helper) => helper?.pid ?? [])],
    letIn: lets,
    reasons: () => [...reasons],
    prepareNext: () => opened.prepareNext(),
    environment,
    hasDoor,
    async settle(unit) {
      await door;
      folders.record(id, {
        ...{ unit, instance, services: guarded, names: lets.ownNames, ...writesOf(lets, sight) },
        ...opened.record,
        ...(lets.own.kept ? { home: lets.own.path } : { links: { portalId, schemes: links.schemes } }),
        ...(hasDoor ? { terms: termsOf(lets, host, environment) } : {}),
      });
      await reviewDocuments(start);
      if (!(await proxy.listens)) throw await explain('the bus filter ended before it listened', 'bus filter');
      return withCgroup(plan, ports.scopeCgroup(unit));
    },
    async readBack(ops, unit, gatePid, told) {
      const mount = (initPid: number) => opened.mount(initPid, ops);
      const { evidence, ops: held } = await readBack(ops, unit, gatePid, told, mount, start);
      if (held.length !== ops.length) reasons.push('documents can be read only: their names could not be mounted');
      return { evidence, ops: held };
    },
  };
}

async function takeKit(parts: KitParts, { request, ports }: StrictStart, kits: Reserve<SandboxKit>) {
  const fresh = async () => {
    const started = await startKit(parts, ports);
    await started.gate.name(request.unitStem);
    return started;
  };
  return kits.take(fresh, (spare) => isUsableKit(spare, parts, request.unitStem));
}

/** Nobody may write where this sandbox can put a link. */
async function reviewDocuments({ ports, refuse }: StrictStart): Promise<void> {
  await ports.documents.review().catch((error: unknown) => {
    const reason = `what other strict apps could write in its folders is not taken back (${(error as Error).message})`;
    throw refuse('documents', reason, 'run "systemctl --user restart xdg-document-portal"');
  });
}

/** Whoever owns a name that the app may own could be talked to by it: nobody outside may, nor a sandbox with another home. */
async function refuseOwnedNames({ lets, ports, refuse }: StrictStart, unit?: string): Promise<void> {
  const isOwn = (cgroup: string | undefined) => unit !== undefined && ports.scopeCgroup(unit) === cgroup;
  for (const name of await ports.bus.ownedNames()) {
    if (!covers(lets.ownNames, name)) continue;
    const pid = await ports.bus.ownerPid(name);
    if (pid === undefined || isOwn(ports.cgroups.of(pid))) continue;
    const reason = `process ${pid} outside has the name ${name}, which the app may own`;
    throw refuse('bus filter', reason, 'close it first');
  }
}

async function guardServices(names: readonly string[], { id, ports, refuse }: StrictStart): Promise<void> {
  ports.folders.record(id, { unit: '', instance: '', services: names, names: [], writes: [], writeIds: [] });
  const outcomes = names.map((name) => [name, ports.services.put(name)] as const);
  const foreign = outcomes.find(([, outcome]) => outcome === 'foreign');
  if (foreign !== undefined) {
    const reason = `the bus would start ${foreign[0]} outside by a service file of its own in the runtime folder`;
    throw refuse('bus filter', reason, `remove ${foreign[0]}.service there`);
  }
  if (outcomes.some(([, outcome]) => outcome === 'put')) await ports.bus.reload();
}

/**
 * Bubblewrap's first process puts the filter on itself while the gate inside may speak already: looks again. `mount`: puts the names of
 * documents in their place.
 */
async function readBack(
  plan: SandboxPlan,
  unit: string,
  gatePid: number,
  told: number,
  mount: (initPid: number) => Promise<boolean>,
  start: StrictStart,
) {
  const { ports } = start;
  const cgroup = ports.scopeCgroup(unit);
  keepUndivided(cgroup, ports.cgroups, start.refuse);
  await refuseOwnedNames(start, unit);
  let ops: SandboxPlan | undefined;
  let missing: MissingPart = { part: 'sandbox', reason: 'its process cannot be found in the scope' };
  for (const pause of [0, 1, 2, 4, 8, 16, 32, 64, 128, 256]) {
    if (pause > 0) await ports.sleep(pause);
    const look = () => ports.sight.readEvidence(ports.cgroups.pids(cgroup), gatePid, told);
    let evidence = look();
    if (evidence === undefined) continue;
    if (ops === undefined) {
      const isMounted = await mount(evidence.initPid);
      ops = plan.filter(({ op }) => isMounted || op !== 'documents');
      evidence = look();
      if (evidence === undefined) continue;
    }
    const found = judgeSandbox({ ops, cgroup }, evidence);
    if (found === undefined) {
      ports.portalInstances.put(portalInstance(start.id), evidence.initPid);
      return { evidence, ops };
    }
    missing = found;
  }
  throw await start.explain(missing.reason, missing.part);
}

/** What a start wants to be let in; see `letIn`. */
export function wantedBy(request: SandboxRequest, decision: Decision, id: string, ports: SandboxPorts): Wishes {
  return wishesOf(request, appOf(request, decision, ports), id);
}

/** The path of the home that a start has; undefined for one that ends with it. */
export function homeOf(request: SandboxRequest, decision: Decision, ports: SandboxPorts): string | undefined {
  const wishes = wantedBy(request, decision, '', ports);
  return keptHome(decision.app ?? request.name, decision, wishes, ports.sight);
}

function wishesOf(request: SandboxRequest, app: { id: string; counts: boolean } | undefined, id: string): Wishes {
  return {
    app: app?.id,
    counts: app?.counts ?? false,
    name: request.name,
    home: request.home,
    passing: `passing.${id}`,
    documents: request.documents ?? [],
    readOnly: request.once ?? false,
    folder: request.folder,
    program: request.gates[0]?.argv[0],
    session: request.session,
  };
}

/** The session and machine for a plan. */
export function hostOf(
  lets: LetIn,
  folder: string,
  a11yAddress: string | undefined,
  { gates }: SandboxRequest,
  { sight, ...ports }: Pick<SandboxPorts, 'sight' | 'watchesPressure'>,
): Omit<SandboxHost, 'cgroup' | 'hasDoor'> {
  const environment = gates[0]?.environment ?? new Map<string, string>();
  const hasPressure = ports.watchesPressure();
  const { home, own, runtimeDir, shares, links, look, settings } = lets;
  const display = environment.get('DISPLAY') ?? '';
  const waylandDisplay = environment.get('WAYLAND_DISPLAY') ?? '';
  const isThere = (socket: string | undefined) => socket !== undefined && sight.exists(socket);
  const hasX = isThere(xSocket(settings, { display }));
  const cookies = sight.follow(environment.get('XAUTHORITY') || `${home}/.Xauthority`, home);
  return {
    ...{ home, own, runtimeDir, folder, shares, links, look },
    hasA11y: a11yAddress !== undefined,
    hasPressure,
    system: sight.system(systemPaths),
    gpuDevices: settings.gpu ? sight.devices().filter(isGpuDevice) : [],
    ...(hasX ? { display } : {}),
    ...(hasX && 'path' in cookies && cookies.kind === 'file' ? { cookies: cookies.path } : {}),
    ...(isThere(waylandSocket({ runtimeDir, waylandDisplay })) ? { waylandDisplay } : {}),
  };
}
