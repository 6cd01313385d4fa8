import { dirname } from 'node:path';
import { type DesktopId, parseDesktopId } from '../domain/desktop-id.ts';
import type { ShadowDisk } from '../platform/owned-files/shadow-disk.ts';
import { carryOutPlan } from './carry-out-shadows.ts';
import { collectShadows } from './desired-shadows.ts';
import { type AppView, listApps } from './list-apps.ts';
import type { ManifestStore } from './ports.ts';
import { emptyManifest, type Manifest, type Wish, wishFor, withoutApps } from './pure/manifest.ts';
import { type DiskState, planShadows } from './pure/plan.ts';
import { sourceKey } from './pure/shadow-entry.ts';
import { describePlan, diffOf, type ShadowResult, uniqueApps } from './shadow-results.ts';
import type { ShadowSettings } from './shadow-workshop.ts';

/** What shadows are kept with. */
export interface ShadowPorts {
  /** Read anew at every call: folders, profiles and limits change while the daemon runs. */
  settings(): Promise<ShadowSettings>;
  disk(settings: ShadowSettings): ShadowDisk;
  manifest(settings: ShadowSettings, disk: ShadowDisk): ManifestStore;
  /** SHA-256 in hex. */
  hash(bytes: Uint8Array): string;
  /** Holds all others off, in this process and in any other, until it is given back. */
  lock(settings: ShadowSettings): Promise<() => void>;
  /** The bus has to read its activation files again. */
  servicesChanged(): Promise<void>;
  /** The user manager has to read its drop-ins again. */
  dropInsChanged(): Promise<void>;
  /** Lets other work of the process go on. */
  breathe(): Promise<void>;
}

/** A change of what is wanted. */
export interface ShadowRequest {
  readonly apps: readonly string[];
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly wish: Wish;
}

/** Shadows: enable, disable and sync are the same thing with another wish. */
export interface Shadows {
  /** @throws RingfenceError InvalidArgument for an id that cannot be one; Failed when the manifest cannot be read or written */
  enable(request: ShadowRequest): Promise<ShadowResult[]>;
  disable(request: ShadowRequest): Promise<ShadowResult[]>;
  sync(options: { readonly dryRun: boolean }): Promise<ShadowResult[]>;
  /** The installed applications that a menu shows, named in these locales. */
  list(locales: readonly string[]): Promise<AppView[]>;
  /** What is wanted, as the disk has it. */
  wishes(): Promise<Manifest>;
  /** The same as it was when it was last read here; empty before that. */
  known(): Manifest;
}

/** Keeps the shadows of a user; nothing happens until it is asked for. */
export function openShadows(ports: ShadowPorts): Shadows {
  // One at a time: what one call reads, no other changes meanwhile.
  let last: Promise<unknown> = Promise.resolve();
  let known = emptyManifest;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    enable(request) {
      const ids = request.apps.map(parseDesktopId);
      return inTurn(() => change(ports, 'enable', ids, request.dryRun, (manifest) => withWish(manifest, ids, request)));
    },
    disable(request) {
      const ids = request.apps.map(parseDesktopId);
      return inTurn(() =>
        change(ports, 'disable', ids, request.dryRun, (manifest) => withoutWish(manifest, ids, request.all)),
      );
    },
    sync: ({ dryRun }) => inTurn(() => change(ports, 'sync', [], dryRun, (manifest) => manifest)),
    async list(locales) {
      const settings = await ports.settings();
      const disk = ports.disk(settings);
      return listApps(settings, disk, ports.manifest(settings, disk).read(), locales);
    },
    async wishes() {
      const settings = await ports.settings();
      known = ports.manifest(settings, ports.disk(settings)).read();
      return known;
    },
    known: () => known,
  };
}

function withWish(manifest: Manifest, ids: readonly DesktopId[], { all, wish }: ShadowRequest): Manifest {
  const apps = { ...manifest.apps };
  for (const { id } of ids) apps[id] = { ...apps[id], ...wish };
  const except = manifest.except.filter((id) => !all && !Object.hasOwn(apps, id));
  return { ...manifest, apps, except, ...(all ? { all: { ...manifest.all, ...wish } } : {}) };
}

function withoutWish(manifest: Manifest, ids: readonly DesktopId[], all: boolean): Manifest {
  if (all) {
    const { all: _all, ...rest } = manifest;
    return { ...rest, apps: {}, except: [] };
  }
  const apps = { ...manifest.apps };
  for (const { id } of ids) delete apps[id];
  const except = manifest.all === undefined ? [] : [...new Set([...manifest.except, ...ids.map(({ id }) => id)])];
  return { ...manifest, apps, except };
}

/** collect → plan → write down what is going to be done → do it → write down what was done. */
async function change(
  ports: ShadowPorts,
  verb: 'enable' | 'disable' | 'sync',
  asked: readonly DesktopId[],
  dryRun: boolean,
  alter: (manifest: Manifest) => Manifest,
): Promise<ShadowResult[]> {
  const settings = await ports.settings();
  const unlock = dryRun ? () => {} : await ports.lock(settings);
  try {
    const disk = ports.disk(settings);
    const store = ports.manifest(settings, disk);
    const before = store.read();
    const installed = settings.installed();
    const unknown = verb === 'enable' ? asked.filter(({ id }) => !installed.some((app) => app.id.id === id)) : [];
    const unwanted = new Set(unknown.map(({ id }) => id));
    const wanted = withoutApps(alter(before), before, unwanted);
    if (!dryRun) disk.clean([...new Set(Object.keys(before.files).map((path) => dirname(path)))]);
    const state = diskState(disk, ports.hash);
    const desired = await collectShadows(
      { manifest: wanted, settings, disk, state, hash: ports.hash },
      installed,
      ports.breathe,
    );
    const plan = planShadows({
      desired: desired.files,
      manifest: wanted,
      disk: state,
      hash: ports.hash,
      wanted: (app) => (app === '' ? false : wishFor(wanted, app) !== undefined),
    });
    const results = describePlan(verb, asked, unwanted, desired, plan, wanted, settings);
    if (dryRun) return [...results, ...plan.steps.flatMap((step) => diffOf(step, disk))];
    const done = await carryOutPlan(before, wanted, plan, { store, disk, ports, verb });
    return [...results, ...done].filter(uniqueApps());
  } finally {
    unlock();
  }
}

/** The states of places, each looked at once and read only when it has to be. */
function diskState(disk: ShadowDisk, hash: (bytes: Uint8Array) => string): (path: string) => DiskState {
  const known = new Map<string, DiskState>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const look = disk.look(path);
    let bytes: Buffer | undefined;
    const read = () => {
      bytes ??= readOrEmpty(disk, path);
      return bytes;
    };
    const state: DiskState =
      look.state === 'file'
        ? {
            state: 'file',
            stat: look.stat,
            size: look.size,
            hash: () => hash(read()),
            marked: () => read().includes(sourceKey),
          }
        : look;
    known.set(path, state);
    return state;
  };
}

/** One that cannot be read is marked by nobody and has nobody's hash; reading it as an original fails by itself. */
function readOrEmpty(disk: ShadowDisk, path: string): Buffer {
  try {
    return disk.read(path);
  } catch {
    return Buffer.from(`unreadable ${sourceKey}`);
  }
}
