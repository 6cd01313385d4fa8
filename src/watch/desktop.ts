import { setTimeout as sleep } from 'node:timers/promises';
import { describeOrigin } from '../domain/config/setting.ts';
import { type Budget, builtInBudget } from '../domain/desktop-budget.ts';
import type { HostFacts } from '../domain/host-facts.ts';
import { type Judgement, judgeLimit } from '../launch/pure/read-back.ts';
import { infinity } from '../launch/pure/scope-properties.ts';
import type { Log } from '../platform/journal/log.ts';
import type { Cgroups } from '../platform/kernel/cgroups.ts';
import type { Systemd } from '../platform/systemd/user-manager.ts';
import type { BudgetNote } from './ports.ts';
import {
  type BudgetPlace,
  budgetAmount,
  budgetPlaces,
  budgetShortcoming,
  foreignLimit,
  heldMemory,
  memoryOfApps,
  type Reason,
  roomForApps,
  tooSmall,
  unprotected,
} from './pure/desktop-rows.ts';
import { settlesWithin } from './settles-within.ts';

/** What the budget works with. */
export interface DesktopPorts {
  readonly systemd: Pick<
    Systemd,
    'controlGroup' | 'setProperties' | 'startSlice' | 'sliceLimit' | 'reload' | 'endsForGood'
  >;
  readonly cgroups: Pick<Cgroups, 'read' | 'watchFullMemory'>;
  readonly note: BudgetNote;
  readonly log: Log;
  budget(): Budget;
  host(): HostFacts;
  /** In bytes. */
  availableMemory(): bigint;
}

/** What keeps the desktop alive: a budget for all apps together, and memory that is reclaimed last. */
export interface Desktop {
  /** Brings the slices in line with the configuration. Never rejects: what does not hold, the rows tell. */
  apply(): Promise<void>;
  /** An app was started: looks a moment later whether what is held outside of the apps still leaves them their budget. */
  appStarted(): void;
  /** Tries again what apps were in the way of, when one has ended. */
  appEnded(): void;
  /** The property Desktop. What is being set is waited for a moment: half of it would be told as a limit that does not hold. */
  rows(): Promise<Map<string, string>[]>;
  /** Takes everything back, unless this daemon is only started anew or the session ends. */
  stop(): Promise<void>;
}

/** The budget of this session. What another hand has set of the slices is left alone. */
export function openDesktop(ports: DesktopPorts): Desktop {
  const { systemd, cgroups, log } = ports;
  const reasons = new Map<string, Reason>();
  const amounts = new Map<string, bigint>();
  let isWaiting = false;
  let look: NodeJS.Timeout | undefined;
  let endWatch = () => {};
  let last: Promise<void> = Promise.resolve();
  let isStopping = false;

  const applyAll = async () => {
    isWaiting = false;
    for (const place of budgetPlaces) {
      const reason = await applyPart(place, ports, amounts).catch(asReason);
      if (reason === undefined) reasons.delete(place.name);
      else reasons.set(place.name, reason);
      isWaiting ||= reason?.isTemporary === true;
    }
    endWatch();
    // What others held may be free by now.
    if (amounts.has(memoryOfApps.name)) endWatch = cgroups.watchFullMemory(cgroupOf(memoryOfApps, ports), lookOnce);
  };
  const apply = () => {
    // What is being taken back is not set anew by a configuration that changes now, or apps that reach their budget.
    if (isStopping) return last;
    last = last.then(applyAll).catch((cause: unknown) => log.warn('cannot set the budget of the apps', { cause }));
    return last;
  };
  const lookAgain = async () => {
    try {
      if (isOutdated(amounts, ports)) await apply();
    } catch (cause) {
      log.warn('cannot look at the budget of the apps', { cause });
    }
  };
  // At once, and not again for a second: apps that stay at the limit reach it many times.
  let isLooking = false;
  const lookOnce = () => {
    if (isLooking) return;
    isLooking = true;
    setTimeout(() => {
      isLooking = false;
    }, betweenLooks).unref();
    void lookAgain();
  };
  const takeAllBack = async () => {
    await last;
    endWatch();
    if (ports.note.read().size === 0 || !(await systemd.endsForGood())) return;
    for (const place of budgetPlaces) {
      if (await lift(place, ports)) ports.note.removeDropIn(place.slice, place.property);
      noteValues(place, undefined, ports.note);
    }
    await systemd.reload();
  };
  return {
    apply,
    appStarted() {
      look ??= setTimeout(() => {
        look = undefined;
        void lookAgain();
      }, afterStart);
    },
    appEnded() {
      if (isWaiting) void apply();
    },
    async rows() {
      await settlesWithin(last, longestAnswer);
      return budgetPlaces.map((place) => rowOf(place, reasons.get(place.name), amounts.get(place.name), ports));
    },

    stop() {
      isStopping = true;
      clearTimeout(look);
      return takeAllBack().catch((cause: unknown) => log.warn('cannot take the budget of the apps back', { cause }));
    },
  };
}

/** Why a part does not hold, and whether apps are in the way of it that may end. */
type Lack = Reason & { readonly isTemporary?: true };

/** @returns why it does not hold, as far as that is known beforehand */
async function applyPart(
  place: BudgetPlace,
  ports: DesktopPorts,
  amounts: Map<string, bigint>,
): Promise<Lack | undefined> {
  const { systemd, note } = ports;
  const { name, slice, property } = place;
  const asked = budgetAmount(ports.budget(), name, ports.host());
  if (asked === undefined) {
    amounts.delete(name);
    await lift(place, ports);
    return undefined;
  }
  amounts.set(name, asked);
  const shortcoming = budgetShortcoming(name, ports.host());
  if (shortcoming !== undefined) return shortcoming;
  const before = await systemd.sliceLimit(slice, property);
  const own = note.read().get(keyOf(place)) ?? [];
  if (before !== nothing(place) && !own.includes(String(before))) return foreignLimit(place);
  await systemd.startSlice(slice);
  const held = place === memoryOfApps ? heldByApps(ports) : 0n;
  const wanted = amountFor(place, asked, held, before, ports);
  const lack =
    held !== undefined && held > wanted ? { ...tooSmall(name, held, wanted), isTemporary: true as const } : undefined;
  const amount = lack === undefined ? wanted : roomUntilThen(held ?? 0n, before, ports);
  amounts.set(name, amount ?? wanted);
  if (amount === undefined) {
    await lift(place, ports);
    return lack;
  }
  if (before !== amount) {
    // Both, until it is done: whoever comes after a kill in between knows either as ours.
    noteValues(place, [...own, String(amount)], note);
    await systemd.setProperties(slice, [{ name: property, signature: 't', value: amount }]);
  }
  noteValues(place, [String(amount)], note);
  await settled(place, amount, ports);
  return lack;
}

/** What holds while apps hold more than the budget that was asked for: the built-in one, where that does not kill either. */
function roomUntilThen(held: bigint, before: bigint, { host, availableMemory }: DesktopPorts): bigint | undefined {
  const usual = budgetAmount(builtInBudget, memoryOfApps.name, host());
  if (usual === undefined) return undefined;
  const room = roomForApps(usual, { total: host().memoryBytes, available: availableMemory(), held, before });
  return held > room ? undefined : room;
}

/** What was asked for, but for the built-in budget where the rest of the machine does not leave so much. */
function amountFor(
  { name }: BudgetPlace,
  asked: bigint,
  held: bigint | undefined,
  before: bigint,
  { budget, host, availableMemory }: DesktopPorts,
): bigint {
  if (name !== memoryOfApps.name || held === undefined || budget().get(name)?.origin.kind !== 'built-in') return asked;
  return roomForApps(asked, { total: host().memoryBytes, available: availableMemory(), held, before });
}

/** Whether a part would be another now: by what is held elsewhere, or by swap space that came or went. */
function isOutdated(amounts: ReadonlyMap<string, bigint>, ports: DesktopPorts): boolean {
  return budgetPlaces.some((place) => {
    const amount = amounts.get(place.name);
    const asked = budgetAmount(ports.budget(), place.name, ports.host());
    if (amount === undefined || asked === undefined) return amount !== asked;
    const held = place === memoryOfApps ? heldByApps(ports) : 0n;
    return amountFor(place, asked, held, amount, ports) !== amount;
  });
}

function heldByApps(ports: DesktopPorts): bigint | undefined {
  return heldMemory(ports.cgroups.read(cgroupOf(memoryOfApps, ports), 'memory.stat'));
}

/**
 * Gives the slice back what it had before: nothing. What another hand has set since stays.
 * @returns whether what the slice has now is ours
 */
async function lift(place: BudgetPlace, { systemd, note }: DesktopPorts): Promise<boolean> {
  const { slice, property } = place;
  const own = note.read().get(keyOf(place));
  if (own === undefined) return false;
  const isOwn = own.includes(String(await systemd.sliceLimit(slice, property)));
  if (isOwn) await systemd.setProperties(slice, [{ name: property, signature: 't', value: nothing(place) }]);
  // systemd has a drop-in that says so, which is ours until the end.
  noteValues(place, isOwn ? [String(nothing(place))] : undefined, note);
  return isOwn;
}

/** systemd answers before it has written. */
async function settled(place: BudgetPlace, amount: bigint, ports: DesktopPorts): Promise<void> {
  for (let waited = 0; waited < longestChange && judge(place, amount, ports).state !== 'enforced'; waited += pause)
    await sleep(pause);
}

function rowOf(
  place: BudgetPlace,
  known: Reason | undefined,
  applied: bigint | undefined,
  ports: DesktopPorts,
): Map<string, string> {
  const { name, currentFile } = place;
  const setting = ports.budget().get(name);
  const amount = budgetAmount(ports.budget(), name, ports.host());
  const row = new Map([
    ['name', name],
    ['asked', setting?.value.text ?? ''],
    ['origin', setting === undefined ? '' : describeOrigin(setting.origin)],
  ]);
  const cgroup = cgroupOf(place, ports);
  const kernel = ports.cgroups.read(cgroup, place.file);
  const current = ports.cgroups.read(cgroup, currentFile);
  const told = amount === undefined ? { state: 'off' } : outcome(place, applied ?? amount, known, ports);
  for (const [key, value] of Object.entries(told)) row.set(key, value);
  if (kernel !== undefined) row.set('value', kernel);
  if (current !== undefined) row.set('current', current);
  return row;
}

function outcome(place: BudgetPlace, amount: bigint, known: Reason | undefined, ports: DesktopPorts) {
  const lost = (reason: Reason) => ({ state: 'not-enforced', reason: reason.reason, fix: reason.fix });
  if (known !== undefined) return lost(known);
  const judged = judge(place, amount, ports);
  if (judged.state !== 'enforced') return lost(judged);
  const above = place.name === 'session-memory-low' ? unprotected(amount, protectionAbove(place, ports)) : undefined;
  return above === undefined ? { state: 'enforced' } : lost(above);
}

function judge(place: BudgetPlace, amount: bigint, ports: DesktopPorts): Judgement {
  const text = ports.cgroups.read(cgroupOf(place, ports), place.file);
  return judgeLimit('memory-max', amount, text === undefined ? undefined : { file: place.file, text });
}

function protectionAbove(place: BudgetPlace, ports: DesktopPorts): [string, string][] {
  const parts = cgroupOf(place, ports).split('/').filter(Boolean).slice(0, -1);
  return parts.flatMap((unit, index): [string, string][] => {
    const low = ports.cgroups.read(`/${parts.slice(0, index + 1).join('/')}`, place.file);
    return low === undefined ? [] : [[unit, low]];
  });
}

function cgroupOf({ slice }: BudgetPlace, { systemd }: DesktopPorts): string {
  return `${systemd.controlGroup}/${slice}`;
}

function nothing({ property }: BudgetPlace): bigint {
  return property === 'MemoryLow' ? 0n : infinity;
}

function keyOf({ slice, property }: BudgetPlace): string {
  return `${slice} ${property}`;
}

function noteValues(place: BudgetPlace, values: readonly string[] | undefined, note: BudgetNote): void {
  const entries = new Map(note.read());
  if (values === undefined) entries.delete(keyOf(place));
  else entries.set(keyOf(place), values);
  note.write(entries);
}

function asReason(error: unknown): Lack {
  return {
    reason: error instanceof Error ? error.message : String(error),
    fix: 'see "journalctl --user -t ringfenced"',
  };
}

/** In ms. An app has most of its memory by then. */
const afterStart = 3000;
const betweenLooks = 1000;
/** In ms. */
const pause = 10;
const longestChange = 5000;
const longestAnswer = 3000;
