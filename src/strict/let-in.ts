import { basename, isAbsolute, join } from 'node:path';
import { ownNamesOf } from '../domain/bus-names.ts';
import { describeOrigin } from '../domain/config/setting.ts';
import type { Decision } from '../domain/decision.ts';
import { RingfenceError } from '../domain/errors.ts';
import { appHomeName, homeFolder } from '../domain/home-folder.ts';
import { parseMountinfo, reachable } from '../domain/mounts.ts';
import { isAtOrBelow } from '../domain/path-relations.ts';
import { resolveChoices, type SandboxChoices } from '../domain/sandbox-choices.ts';
import { xdgFolders } from '../domain/xdg-folders.ts';
import type { Followed, Homes, SandboxSight } from './ports.ts';
import { linksInside } from './pure/links.ts';
import type { FoundShare } from './pure/live-shares.ts';
import type { Link, Look, OwnHome, SandboxSettings, Share } from './pure/model.ts';
import { isVisible, soundSocket } from './pure/plan.ts';
import { lookName, lookPaths } from './pure/setup.ts';
import { judgeDocument, judgeShare, readShare, type ShareGrounds, startPlacesOf } from './pure/shares.ts';

/** What a strict start asks to be let in, beside what the config says. */
export interface Wishes {
  /** The app's id; undefined for a command that is none's. */
  readonly app: string | undefined;
  /** Whether that id may count: brings its bus names, and its home. */
  readonly counts: boolean;
  /** As the user knows it. */
  readonly name: string;
  /** A home of the user's choosing for a command. */
  readonly home?: string | undefined;
  /** A home that ends with the start is named so. */
  readonly passing: string;
  /** Files and folders to open. */
  readonly documents: readonly string[];
  /** These are let in to be read. */
  readonly readOnly: boolean;
  /** The folder that a command was started in, as it was named. */
  readonly folder?: string | undefined;
  /** The program, where it has an absolute path. */
  readonly program?: string | undefined;
  readonly session: ReadonlyMap<string, string>;
}

/** What is let in. */
export interface LetIn {
  readonly settings: SandboxSettings;
  readonly home: string;
  readonly runtimeDir: string;
  readonly own: OwnHome;
  readonly shares: readonly Share[];
  /** Those of them that the config names. */
  readonly configured: readonly Share[];
  readonly links: readonly Link[];
  readonly look: readonly Look[];
  readonly downloads: string | undefined;
  /** The folder with those of all strict apps. */
  readonly downloadFolder: { readonly data: string; readonly folder: string };
  readonly grounds: ShareGrounds;
  /** Bus names it may own, and calls it may make beyond the usual. */
  readonly ownNames: readonly string[];
  readonly calls: readonly string[];
  /** Whether it may have links opened outside. */
  readonly openLinks: boolean;
  readonly passEnvironment: readonly string[];
  /** Sentences for the report. */
  readonly reasons: readonly string[];
}

/** What of the file system the letting in looks at. */
export type LetInSight = Pick<SandboxSight, 'realFolder' | 'exists' | 'isPlain' | 'follow' | 'mountinfo'>;

/** What the letting in is done with. */
export interface LetInPorts {
  readonly sight: LetInSight;
  readonly homes: Homes;
  /** Folders with Ringfence's own program and what runs it. */
  readonly programFolders: readonly string[];
}

type Bases = Record<'home' | 'config' | 'data' | 'state' | 'cache' | 'runtime', string>;

/**
 * Puts together what one strict start is to have of the user's: its home, folders, names.
 * @throws RingfenceError NotEnforceable, which names file, line and key of a folder that cannot be let in
 */
export function letIn(what: string, decision: Decision, wishes: Wishes, ports: LetInPorts): LetIn {
  const { sight, homes } = ports;
  const bases = basesOf(what, wishes.session, sight);
  const choices = decision.sandbox ?? resolveChoices([]);
  const grounds = groundsOf(bases, wishes.session, ports);
  const { configured, links } = sharesOf(what, choices, bases, grounds, sight);
  const own = ownHomeOf(choices, wishes, bases, homes);
  const downloadFolder = downloadFolderOf(bases, grounds, ports);
  const downloads =
    own.kept && wishes.app !== undefined ? downloadsOf(wishes, own, bases, downloadFolder, grounds, ports) : undefined;
  const more = [...configured, ...(downloads === undefined ? [] : [{ path: downloads, writable: true }])];
  const started = folderOf(wishes.folder, bases, grounds, sight);
  const opened = [
    ...wishes.documents.map((path) => documentOf(path, wishes.readOnly, bases, grounds, sight)),
    programOf(wishes, bases, grounds, sight),
  ];
  const shares = withoutTwins([...more, ...started.shares, ...opened.flatMap((one) => one.shares)], own);
  return {
    settings: {
      network: choices.network,
      x11: choices.x11,
      wayland: choices.wayland,
      sound: choices.sound && sight.exists(soundSocket({ runtimeDir: bases.runtime })),
      gpu: choices.gpu,
      printing: choices.printing,
    },
    home: bases.home,
    runtimeDir: bases.runtime,
    own,
    shares,
    configured,
    links: linksInside(
      [...links, ...[started, ...opened].flatMap((one) => one.links)],
      [own.path, ...shares.map((share) => share.path)],
    ),
    look: lookPaths.flatMap(([base, name]) => {
      const path = join(bases[base], name);
      return sight.isPlain(path) ? [{ path, name: lookName(base, name) }] : [];
    }),
    downloads,
    downloadFolder: { data: bases.data, folder: downloadFolder },
    grounds,
    ownNames: [
      ...ownNamesOf(wishes.counts ? wishes.app : undefined),
      ...choices.lists['own-names'].map(({ value }) => value),
    ],
    calls: choices.lists['talk-names'].map(({ value }) => value),
    openLinks: choices['open-links'],
    passEnvironment: choices.lists['pass-environment'].map(({ value }) => value),
    reasons: [...started.reasons, ...opened.flatMap((one) => one.reasons)],
  };
}

/** The folder of a home, by what it is for. What the names of files say counts for nothing: theirs is another place. */
function homeName({ app, counts, home }: Pick<Wishes, 'app' | 'counts' | 'home'>): string | undefined {
  if (home !== undefined) return `named.${home}`;
  if (app === undefined) return undefined;
  return appHomeName(app, counts);
}

/** Where the home of a start is, without making it; undefined for one that is not kept. */
export function keptHome(
  what: string,
  decision: Decision,
  wishes: Pick<Wishes, 'app' | 'counts' | 'home' | 'session'>,
  sight: LetInSight,
): string | undefined {
  const name = homeName(wishes);
  const isKept = (decision.sandbox ?? resolveChoices([])).home && name !== undefined;
  return isKept ? join(basesOf(what, wishes.session, sight).data, 'ringfence/homes', homeFolder(name)) : undefined;
}

function ownHomeOf(choices: SandboxChoices, wishes: Wishes, bases: Bases, homes: Homes): OwnHome {
  if (isVisible(bases.data, [])) {
    throw new RingfenceError(
      'NotEnforceable',
      `cannot open a home below ${bases.data}: it is part of the system, which strict shows read-only; move the symlink that leads there away`,
    );
  }
  const name = homeName(wishes);
  if (!choices.home || name === undefined) {
    return { path: join(bases.data, 'ringfence/homes', wishes.passing), kept: false };
  }
  return { path: homes.open(bases.data, name), kept: true };
}

/** Where the download folders of strict apps are. */
function downloadFolderOf(bases: Bases, grounds: ShareGrounds, { homes, sight }: LetInPorts): string {
  const wanted = sight.follow(homes.downloadFolder(bases.config, bases.home), bases.home);
  const isUsable = 'path' in wanted && judgeShare(wanted.path, true, grounds) === undefined;
  return isUsable ? wanted.path : join(bases.home, 'Downloads');
}

/** Undefined where the folder would be one from which programs outside run something. */
function downloadsOf(
  wishes: Wishes,
  own: OwnHome,
  bases: Bases,
  folder: string,
  grounds: ShareGrounds,
  { homes }: LetInPorts,
): string | undefined {
  const path = homes.downloads(bases.data, folder, basename(own.path), wishes.name);
  return judgeShare(path, true, grounds) === undefined ? path : undefined;
}

function groundsOf(bases: Bases, session: ReadonlyMap<string, string>, ports: Omit<LetInPorts, 'homes'>): ShareGrounds {
  const { config, data, state, cache } = bases;
  return {
    home: bases.home,
    runtimeDir: bases.runtime,
    ringfence: [...[config, data, state, cache].map((base) => join(base, 'ringfence')), ...ports.programFolders],
    startPlaces: [config, data, state, cache, ...startPlacesOf(session, bases.home).map(ports.sight.realFolder)].filter(
      (place) => place !== bases.home,
    ),
    mounts: reachable(parseMountinfo(ports.sight.mountinfo())),
  };
}

function sharesOf(
  what: string,
  choices: SandboxChoices,
  bases: Bases,
  grounds: ShareGrounds,
  sight: LetInSight,
): { configured: Share[]; links: Link[] } {
  const settings = choices.lists['shared-folders'];
  const words = judgeAll(
    settings.map(({ value }) => value),
    ...([bases, grounds, sight] as const),
  );
  const configured = words.map(({ word, found, writable, fault }, at) => {
    if (fault === undefined && 'path' in found) return { path: found.path, writable };
    const origin = settings[at]?.origin;
    const place = `${origin === undefined ? '' : describeOrigin(origin)}: shared-folders: ${JSON.stringify(word)}`;
    throw new RingfenceError('NotEnforceable', `cannot launch ${what} strictly: ${place}: ${fault}`);
  });
  return { configured, links: words.flatMap(({ found }) => ('path' in found ? found.links : [])) };
}

/** The words of one `shared-folders`: what each leads to, and why it cannot be let in, undefined when it can. */
function judgeAll(words: readonly string[], bases: Bases, grounds: ShareGrounds, sight: LetInSight) {
  const read = words.map((word) => {
    const { path, writable } = readShare(word, bases.home);
    return { word, writable, found: sight.follow(path, bases.home) };
  });
  const open = read.flatMap(({ found, writable }) => ('path' in found && writable ? [found.path] : []));
  return read.map((one) => {
    const { found, writable } = one;
    const inner = 'path' in found ? judgeInner(found.path, writable, open) : undefined;
    return { ...one, fault: judgeFound(found, writable, grounds) ?? inner };
  });
}

function judgeFound(found: Followed, writable: boolean, grounds: ShareGrounds): string | undefined {
  if ('fault' in found) return found.fault;
  if (found.kind === 'other' || (found.kind === 'file' && writable)) {
    return 'it is not a folder (a file is let in read-only: add ":ro")';
  }
  return judgeShare(found.path, writable, grounds);
}

/** What the words of one `shared-folders` are, as a start would find them now. */
export function lookAtShares(
  words: readonly string[],
  session: ReadonlyMap<string, string>,
  ports: Omit<LetInPorts, 'homes'>,
): FoundShare[] {
  const bases = basesOf('an app', session, ports.sight);
  return judgeAll(words, bases, groundsOf(bases, session, ports), ports.sight).map(
    ({ word, found, writable, fault }) =>
      'path' in found
        ? { path: found.path, writable, kind: found.kind === 'folder' ? 'folder' : 'file', links: found.links, fault }
        : { path: readShare(word, bases.home).path, writable, kind: 'folder', links: [], fault },
  );
}

/** Why words of one `shared-folders` could not be let in, as a start would find them now; undefined for those that could. */
export function judgeWords(
  words: readonly string[],
  session: ReadonlyMap<string, string>,
  ports: Omit<LetInPorts, 'homes'>,
): (string | undefined)[] {
  return lookAtShares(words, session, ports).map(({ fault }) => fault);
}

/** Names in a writable folder are the app's: nothing can be mounted there for certain. */
function judgeInner(path: string, writable: boolean, open: readonly string[]): string | undefined {
  const outer = open.find((folder) => folder !== path && isAtOrBelow(path, folder));
  return outer === undefined || writable ? undefined : `it lies in ${outer}, which is shared for writing`;
}

interface Opened {
  readonly shares: readonly Share[];
  readonly links: readonly Link[];
  readonly reasons: readonly string[];
}

const nothing: Opened = { shares: [], links: [], reasons: [] };

/** A command on a terminal has the folder that it was started in, unless that is the home or hidden. */
function folderOf(folder: string | undefined, bases: Bases, grounds: ShareGrounds, sight: LetInSight): Opened {
  if (folder === undefined) return nothing;
  const path = sight.realFolder(folder);
  // Without symlinks now, unless nobody can tell.
  const found = sight.follow(path, '');
  if ('fault' in found || found.kind !== 'folder' || found.path !== path) return nothing;
  if (isVisible(path, []) || judgeShare(path, true, grounds) !== undefined) return nothing;
  return {
    shares: [{ path, writable: true }],
    links: path !== folder && isAtOrBelow(folder, bases.home) ? [{ path: folder, target: path }] : [],
    reasons: [`${path} is shared: build files and repository hooks in there are the command's to write`],
  };
}

/** A file that the user opens is let in, alone; a folder as one that is shared. */
function documentOf(path: string, readOnly: boolean, bases: Bases, grounds: ShareGrounds, sight: LetInSight): Opened {
  const found = sight.follow(path, bases.home);
  const refused = (reason: string): Opened => ({ ...nothing, reasons: [`${path} is not let in: ${reason}`] });
  if ('fault' in found) return sight.exists(path) ? refused(found.fault) : nothing;
  const { links } = found;
  if (isVisible(found.path, [])) return { ...nothing, links };
  if (found.kind === 'other') return refused('it is neither file nor folder');
  if (found.kind === 'folder') {
    const fault = judgeShare(found.path, true, grounds);
    if (fault !== undefined) return refused(fault);
    return { ...nothing, links, shares: [{ path: found.path, writable: !readOnly }] };
  }
  const access = judgeDocument(found.path, grounds);
  if (access === undefined) return refused('it belongs to the system or to Ringfence');
  return { ...nothing, links, shares: [{ path: found.path, writable: access === 'read-write' && !readOnly }] };
}

/** A program outside the system's folders is let in to be run: the file alone. */
function programOf({ program }: Wishes, bases: Bases, grounds: ShareGrounds, sight: LetInSight): Opened {
  if (program === undefined || !isAbsolute(program)) return nothing;
  const found = sight.follow(program, bases.home);
  if ('fault' in found || found.kind !== 'file' || isVisible(found.path, [])) return nothing;
  if (judgeDocument(found.path, grounds) === undefined) return nothing;
  return { ...nothing, links: found.links, shares: [{ path: found.path, writable: false }] };
}

/**
 * One mount for each path; of two the one that says less. None in a folder that can be written, the own home among them: the
 * names in there are the app's, and a mount would follow what it has put in their place.
 */
function withoutTwins(shares: readonly Share[], own: OwnHome): Share[] {
  const found = new Map<string, Share>();
  for (const share of shares) {
    const known = found.get(share.path);
    found.set(share.path, known === undefined ? share : { ...share, writable: known.writable && share.writable });
  }
  const all = [...found.values()];
  const isInner = (path: string, outer: Share) => outer.path !== path && isAtOrBelow(path, outer.path);
  return all.filter(({ path, writable }) => {
    if (isAtOrBelow(path, own.path)) return false;
    return !all.some((outer) => isInner(path, outer) && (outer.writable || !writable));
  });
}

/** The session's own folders: what a caller says about HOME must not move anything elsewhere. */
function basesOf(what: string, session: ReadonlyMap<string, string>, sight: LetInSight): Bases {
  const { home, config, data, state, cache } = xdgFolders(Object.fromEntries(session));
  const runtimeDir = session.get('XDG_RUNTIME_DIR');
  if (home === undefined || !runtimeDir?.startsWith('/')) {
    const name = home === undefined ? 'HOME' : 'XDG_RUNTIME_DIR';
    throw new RingfenceError(
      'NotEnforceable',
      `cannot launch ${what} strictly: the user manager's environment has no ${name} (log in again)`,
    );
  }
  const real = sight.realFolder;
  // Where there is a home, there are all of them.
  const base = (folder: string | undefined) => real(folder ?? home);
  return {
    home: real(home),
    config: base(config),
    data: base(data),
    state: base(state),
    cache: base(cache),
    runtime: real(runtimeDir),
  };
}
