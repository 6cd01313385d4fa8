import { dirname, join } from 'node:path';
import { type DesktopId, parseDesktopId } from '../domain/desktop-id.ts';
import { asFileError } from '../domain/errno-text.ts';
import type { Plan } from '../platform/owned-files/model.ts';
import type { NotesFile } from '../platform/owned-files/notes-file.ts';
import type { OwnedFiles } from '../platform/owned-files/owned-files.ts';
import { collectShadows, type DesiredShadows } from './desired-shadows.ts';
import { findCopy } from './find-copies.ts';
import { findUnnoted } from './find-unnoted.ts';
import { keepScripts } from './keep-scripts.ts';
import { type AppView, listApps } from './list-apps.ts';
import type { ShadowPorts } from './ports.ts';
import {
  emptyManifest,
  isEmptyManifest,
  type Manifest,
  storedManifest,
  type Wish,
  withoutApps,
} from './pure/manifest.ts';
import {
  describePlan,
  failureResult,
  resultOf,
  type ShadowResult,
  type ShadowVerb,
  uniqueApps,
  withOriginalsLost,
} from './shadow-results.ts';
import { type InstalledApp, keptBelow, type ShadowSettings, type Workshop } from './shadow-workshop.ts';

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
  /** The same as it was when it was last read here, or is where that has changed since; empty before that. */
  known(): Manifest;
}

/** Keeps the shadows of a user; nothing happens until it is asked for. */
export function openShadows(ports: ShadowPorts): Shadows {
  // One at a time: what one call reads, no other changes meanwhile.
  let last: Promise<unknown> = Promise.resolve();
  let known = emptyManifest;
  let seen: { readonly settings: ShadowSettings; readonly stat: string } | undefined;
  const read = (settings: ShadowSettings) => {
    const files = ports.files(settings);
    const stat = statOf(settings, files);
    known = findUnnoted(ports.manifest(settings, files).read() ?? emptyManifest, settings, files, false).manifest;
    seen = { settings, stat };
    return known;
  };
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
      const files = ports.files(settings);
      const noted = ports.manifest(settings, files).read() ?? emptyManifest;
      const { manifest, apps } = findUnnoted(noted, settings, files, true);
      return listApps(settings, files.disk, manifest, apps, locales);
    },
    wishes: async () => read(await ports.settings()),
    known() {
      if (seen === undefined) return known;
      const { settings, stat } = seen;
      try {
        // A home that comes back tells nobody, and a strict app would be started relaxed.
        return statOf(settings, ports.files(settings)) === stat ? known : read(settings);
      } catch {
        return known;
      }
    },
  };
}

function statOf({ manifestPath }: ShadowSettings, { disk }: OwnedFiles): string {
  const look = disk.look(manifestPath);
  return look.state === 'file' ? look.stat : look.state;
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

/** With the apps whose only entry is the user's own, which is kept aside, even where somebody has removed its shadow. */
function withKept(installed: readonly InstalledApp[], shop: Workshop): readonly InstalledApp[] {
  const known = new Set(installed.map(({ id }) => id.id));
  const kept = keptBelow(shop, join(shop.settings.places.dataHome, 'applications'), 'entry');
  const missing = [...kept].filter(([, app]) => !known.has(app));
  return [...installed, ...missing.map(([path, app]) => ({ id: parseDesktopId(app), paths: [path] }))];
}

/** collect → plan → write down what is going to be done → do it → write down what was done. */
async function change(
  ports: ShadowPorts,
  verb: ShadowVerb,
  asked: readonly DesktopId[],
  dryRun: boolean,
  alter: (manifest: Manifest) => Manifest,
): Promise<ShadowResult[]> {
  const settings = await ports.settings();
  const unlock = dryRun ? () => {} : await ports.lock(settings);
  try {
    const files = ports.files(settings);
    const store = ports.manifest(settings, files);
    const noted = store.read() ?? emptyManifest;
    const { manifest: before, originalsLost } = findUnnoted(noted, settings, files, verb === 'disable');
    const installed = withKept(settings.installed(), { manifest: before, settings, files });
    const unknown = verb === 'enable' ? asked.filter(({ id }) => !installed.some((app) => app.id.id === id)) : [];
    const unwanted = new Set(unknown.map(({ id }) => id));
    const wanted = withoutApps(alter(before), before, unwanted);
    if (!dryRun) files.disk.clean([...new Set(Object.keys(before.files).map((path) => dirname(path)))]);
    const desired = await collectShadows({ manifest: wanted, settings, files }, installed, ports.breathe);
    const planned = files.plan([...desired.files.values()], wanted.files);
    const going = new Set(planned.steps.map(({ path }) => path));
    const copyOf = (script: string) => findCopy(script, settings.places, files.disk, going);
    const { plan, left } = keepScripts(planned, wanted.files, copyOf);
    const results = describePlan(verb, asked, unwanted, desired, plan, wanted, settings);
    if (verb === 'disable') results.push(...left);
    const tellLost = withOriginalsLost(originalsLost);
    if (dryRun) {
      return [
        ...results,
        ...plan.steps.map((step) => ({ ...tellLost(resultOf(step, desired.apps)), diff: files.diff(step) })),
      ];
    }
    const done = await carryOutPlan(verb, plan, before, wanted, {
      ports,
      settings,
      files,
      store,
      noted,
      apps: desired.apps,
    });
    return [...results, ...done.map(tellLost)].filter(uniqueApps());
  } finally {
    unlock();
  }
}

/** Does what the plan says, and tells those who have to read the files anew. */
async function carryOutPlan(
  verb: ShadowVerb,
  plan: Plan,
  before: Manifest,
  wanted: Manifest,
  { ports, settings, files, store, noted, apps }: Carrying,
): Promise<ShadowResult[]> {
  let stored = JSON.stringify(noted);
  const { done, failed } = await files.carryOut(plan, before, {
    alsoUsed: [settings.manifestPath],
    breathe: ports.breathe,
    save({ folders, files: notes }, failed) {
      // An app that could not be written must not become a standing wish.
      const wishes = verb === 'enable' ? withoutApps(wanted, before, failed) : wanted;
      const next: Manifest = { ...wishes, folders: [...folders], files: notes };
      const text = JSON.stringify(next);
      // With nothing to note, a run that was killed before its first note may have left an empty folder.
      if (text === stored && !isEmptyManifest(next)) return;
      writeManifest(verb, next, settings, files, store);
      stored = text;
    },
  });
  if (plan.steps.some(({ kind }) => kind === 'service')) await ports.servicesChanged();
  if (plan.steps.some(({ kind }) => kind === 'drop-in')) await ports.dropInsChanged();
  return [...done.map((step) => resultOf(step, apps)), ...failed.map(failureResult)];
}

interface Carrying {
  readonly ports: ShadowPorts;
  readonly settings: ShadowSettings;
  readonly files: OwnedFiles;
  readonly store: NotesFile<Manifest>;
  /** Enabled then. */
  readonly apps: DesiredShadows['apps'];
  /** As the disk has it. */
  readonly noted: Manifest;
}

function writeManifest(
  verb: ShadowVerb,
  manifest: Manifest,
  settings: ShadowSettings,
  { disk }: OwnedFiles,
  store: NotesFile<Manifest>,
): void {
  try {
    if (!isEmptyManifest(manifest)) {
      store.write(storedManifest(manifest));
      return;
    }
    store.remove();
    disk.clean([]);
    const own = dirname(settings.manifestPath);
    for (const folder of ownFolders) disk.removeFolder(join(own, folder));
  } catch (error) {
    throw asFileError(`${verb} apps`, error, 'nothing further was changed');
  }
}

/** Ours alone, whoever made them: removed where they are empty. */
const ownFolders = [
  'originals/services',
  'originals/autostart',
  'originals/systemd',
  'originals',
  'services',
  'autostart',
  '',
];
