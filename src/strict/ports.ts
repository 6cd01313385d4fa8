import type { Gate } from '../platform/process/gate.ts';
import type { DocumentNamesOrder } from './pure/document-names.ts';
import type { DocumentFacts } from './pure/documents.ts';
import type { EntryTerms } from './pure/entry-terms.ts';
import type { SandboxEvidence } from './pure/evidence.ts';
import type { LiveMountOrder, LiveMountOutcome } from './pure/live-mount.ts';
import type { Link, SystemPath } from './pure/model.ts';
import type { SecurityContextAnswer, SecurityContextOrder } from './pure/security-context.ts';
import type { ShareGrounds } from './pure/shares.ts';
import type { SeccompArch } from './pure/syscalls.ts';

/** A gate that makes a sandbox first and waits once more inside, before it is the app. */
export interface SandboxGate extends Gate {
  /**
   * Tells it to become the sandbox that `bwrap` makes by `args`; the gate inside runs `script` when it is released. Resolves with the
   * line that that gate says once all is mounted; undefined when it has ended without one or says nothing in time.
   */
  enter(bwrap: string, args: readonly string[], script: string): Promise<string | undefined>;
}

/** A gate of a sandbox whose app is not known yet. */
export interface IdleSandboxGate extends SandboxGate {
  isAlive(): boolean;
  /** From now on what it prints is in the journal under this name; false when that is not possible any more. */
  name(identifier: string): Promise<boolean>;
}

/** The bus filter of one sandbox. */
export interface BusProxy {
  /** Of the filter and of the box around it. */
  readonly pids: readonly number[];
  /** The descriptor whose other holders keep the proxy alive. */
  readonly syncFd: number;
  /** Whether it has come to listen; false when it ended instead. */
  readonly listens: Promise<boolean>;
  /** From now on it lives as long as the sandbox. */
  letGo(): void;
  /** What it has said so far; empty where that was too much to be kept. */
  readonly said: Said;
  kill(): void;
}

/** What a program has said. */
export interface Said {
  text(): string;
  /** When it said something last, in ms since 1970. */
  lastAt(): number;
  close(): void;
}

/** A bus filter that does not know yet what it is to let through. */
export interface IdleProxy extends BusProxy {
  isAlive(): boolean;
  /** Gives it its arguments and tells it who it stands for (`flatpakInfo`), once. */
  begin(argv: readonly string[], who: string): void;
}

/** Absolute paths. */
export interface SandboxPrograms {
  readonly bwrap: string;
  readonly proxy: string;
  /** Undefined where there is none: documents can then be read only. */
  readonly perl?: string | undefined;
}

/** The homes of strict apps, below the user's data folder, and their folders in Downloads. */
export interface Homes {
  /**
   * Makes the home of that name where it is missing, and returns its path.
   * @throws RingfenceError NotEnforceable, for one that cannot be made, is not a folder, or is being changed from outside
   */
  open(dataHome: string, name: string): string;
  /**
   * The folder in Downloads of the home `home`, made where it is missing: named after the app, and never one that was there before.
   * @throws RingfenceError NotEnforceable
   */
  downloads(dataHome: string, folder: string, home: string, appName: string): string;
  /** All folders in `folder` that are a home's. */
  allDownloads(dataHome: string, folder: string): readonly string[];
  /** XDG_DOWNLOAD_DIR of user-dirs.dirs; ~/Downloads where it says nothing of use. */
  downloadFolder(configHome: string, home: string): string;
}

/** What a path of the user's leads to, by which symlinks, or why it cannot be followed. */
export type Followed =
  | { readonly path: string; readonly kind: 'folder' | 'file' | 'other'; readonly links: readonly Link[] }
  | { readonly fault: string };

/** Service files that keep the bus from starting a strict app's own service outside. */
export interface ServiceGuards {
  /** `foreign`: somebody else's file is in that place. */
  put(name: string): 'put' | 'there' | 'foreign';
  /** Whether there was one. */
  remove(name: string): boolean;
}

/** The file system with the names of one sandbox's documents; see `documentNamesArgv`. */
export interface DocumentNames {
  readonly pid: number;
  isAlive(): boolean;
  /** Mounts it, once; whether it could. From then on it ends with the sandbox. */
  mount(order: DocumentNamesOrder): Promise<boolean>;
  kill(): void;
}

/** Changes what is mounted in a sandbox that runs; see `renderLiveMount`. */
export interface LiveMounts {
  /** @throws Error where nobody can tell what came of it */
  change(perl: string, arch: SeccompArch, order: LiveMountOrder): Promise<LiveMountOutcome>;
  /** Among the processes of a scope the first one of its sandbox, by its pid outside. */
  firstProcess(pids: readonly number[]): number | undefined;
}

/** Where the names of documents ask what they lead to. */
export interface DocumentQuestions {
  /** The socket. */
  readonly path: string;
  /** Listens from now on, if it does not yet; a rejected answer is none. */
  listen(answer: (sandbox: string, document: string) => Promise<string>): Promise<void>;
}

/** What the document portal knows of a document. */
export interface DocumentRecord {
  /** Undefined for one that is no text. */
  readonly path: string | undefined;
  /** What it lets apps do, by their ids. */
  readonly apps: ReadonlyMap<string, readonly string[]>;
}

/** Who may do what with a document. All of it fails where the portal does not answer. */
export interface DocumentPermissions {
  look(document: string): Promise<DocumentRecord | undefined>;
  /** Whether it was made of a file; false where that is not to be had. */
  isFile(document: string): Promise<boolean>;
  /** The documents of an app. */
  list(portalId: string): Promise<readonly string[]>;
  /** Lets an app read and write. */
  allow(document: string, portalId: string): Promise<void>;
  forbid(document: string, portalId: string): Promise<void>;
}

/** What is to be seen of where documents lie. */
export interface DocumentSight {
  /** As `SandboxSight` has it; what has answered counts for so long, in ms. */
  askMounts(paths: readonly string[], trusted: number): Promise<void>;
  /** What is at a path, and the folder around it; unknown where that cannot be told in time. */
  document(path: string): Promise<Pick<DocumentFacts, 'kind' | 'realFolder' | 'around'>>;
  /** Device and inode of these that are there. @throws where that cannot be told in time */
  ids(paths: readonly string[]): Promise<readonly string[]>;
  /** The folders in `folder` that are a strict app's. */
  downloads(dataHome: string, folder: string): readonly string[];
  /** What words of `shared-folders` let apps write. */
  shared(words: readonly string[], home: string): readonly string[];
  mountinfo(): string;
}

/** What is kept of a sandbox: its scope, the service files that stand for it, the names that it may own, its name at the portals. */
export interface SandboxRecord {
  readonly unit: string;
  readonly instance: string;
  readonly services: readonly string[];
  readonly names: readonly string[];
  /** Folders that it can write, at the same paths outside. */
  readonly writes: readonly string[];
  /** Of these, device and inode: they are its to write wherever they are moved. */
  readonly writeIds: readonly string[];
  /** What its documents are judged by: its two ids at the document portal, and the session as it was at its start. */
  readonly documents?:
    | {
        readonly portalId: string;
        readonly writingId: string;
        readonly home: string;
        readonly grounds: Omit<ShareGrounds, 'mounts'>;
        readonly downloads: { readonly data: string; readonly folder: string };
      }
    | undefined;
  /** What the portals were told of an app that will not come again. */
  readonly links?: { readonly portalId: string; readonly schemes: readonly string[] } | undefined;
  /** Its path, where it is kept. */
  readonly home?: string | undefined;
  /** Of one that a second start can go into. */
  readonly terms?: EntryTerms | undefined;
  /** A path at which something is being mounted, or taken away; its terms when nothing is there any more. */
  readonly underWay?: { readonly path: string; readonly terms: EntryTerms } | undefined;
}

/** Where portals look for the processes of confined apps: `$XDG_RUNTIME_DIR/.flatpak`. */
export interface PortalInstances {
  /** Says which is the first process of the sandbox, by its pid outside. */
  put(instance: string, initPid: number): void;
  /** What was said; undefined before that, and when it is removed. */
  initPid(instance: string): number | undefined;
  remove(instance: string): void;
}

/** The sandboxes' folders in the runtime folder. */
export interface SandboxFolders {
  /** The folder that they lie in, made where it is missing. */
  place(): string;
  /** Makes one and returns its path. */
  make(id: string): string;
  path(id: string): string;
  record(id: string, record: SandboxRecord): void;
  list(): (SandboxRecord & { readonly id: string })[];
  remove(id: string): void;
  /** Files in it, and a symbolic link. */
  write(id: string, name: string, content: string | Uint8Array): void;
  link(id: string, name: string, target: string): void;
  discard(id: string, name: string): void;
  /** A descriptor from which the bytes can be read; no file is left. */
  holdBytes(bytes: Uint8Array): { readonly fd: number; close(): void };
}

/** The way into a sandbox that runs, by its folder; nobody in there can be relied on. */
export interface Doors {
  make(folder: string): Promise<void>;
  /** Writes what is to be started, for the init to read; nothing begins yet. */
  put(folder: string, name: string, script: string): void;
  /** The names that were put and not taken away. */
  list(folder: string): string[];
  remove(folder: string, name: string): void;
  /**
   * Tells the init to begin these, and waits until it says that it has. `gone`: `isThere` says so;
   * `silent`: it does not answer. Only one at a time may ask.
   */
  tell(folder: string, names: readonly string[], isThere: () => boolean): Promise<'begun' | 'gone' | 'silent'>;
  /** Clears away what was made for later ones. */
  close(): void;
}

/** The line to a gate inside a sandbox that another process makes. When the daemon ends, so does the line, and nothing runs. */
export interface EnclosureWire {
  /** What the gate says first. */
  readonly line: Promise<string>;
  /** The named pipe that keeps the bus filter alive. */
  readonly syncPath: string;
  /** Says a line, 4096 bytes at most, and ends. */
  say(line: string): void;
  close(): void;
}

/** Who shows windows in this session. */
export interface WaylandDisplays {
  /** Whether GNOME's compositor listens at a socket. */
  isMutters(socket: string): boolean;
  /** Whether a process is GNOME's compositor. */
  isMutter(pid: number): boolean;
  /** Has a compositor listen at a socket for one sandbox alone. Never fails. */
  restrict(perl: string, arch: SeccompArch, order: SecurityContextOrder): Promise<RestrictedDisplay>;
}

/** What came of it; the process of one that was `made` keeps it as long as the sandbox lives. */
export type RestrictedDisplay = SecurityContextAnswer & { readonly pid: number; kill(): void };

/** What a strict start asks the session bus. */
export interface SessionBus {
  activatableNames(): Promise<readonly string[]>;
  /** Well-known names that have an owner. */
  ownedNames(): Promise<readonly string[]>;
  /** Calls back when somebody has become the owner of a name. */
  onOwned(listener: (name: string) => void): void;
  /** The process of a name's owner; undefined when nobody owns it. */
  ownerPid(name: string): Promise<number | undefined>;
  /** Undefined when there is no accessibility bus now. */
  a11yAddress(): Promise<string | undefined>;
  /** Where the document portal, started if need be, has its files; undefined when it does not answer. */
  documentsFolder(): Promise<string | undefined>;
  /** Has the bus read its service files again. */
  reload(): Promise<void>;
}

/** Whether the portals ask before they hand a link on. */
export interface LinkQuestions {
  /** From now on links of these schemes open for this app only when the user says so. False when that cannot be had. */
  demand(portalId: string, schemes: readonly string[]): Promise<boolean>;
  /** From now on those that were demanded of these open without one again. Never fails. */
  waive(portalId: string, schemes: readonly string[]): Promise<void>;
  /** The app will not come again. */
  forget(portalId: string, schemes: readonly string[]): Promise<void>;
}

/** The file system and the processes as a sandbox needs to know them. */
export interface SandboxSight {
  /** Asks file systems that may hang and that these paths lead into: the other looks leave those alone that did not answer, or were not asked. `answered`: by the same caller before. */
  askMounts(paths: readonly string[], answered?: Map<string, boolean>): Promise<void>;
  /** Without symlinks, as far as it is there. */
  realFolder(path: string): string;
  /** Which of these are there, and which of them are symlinks. */
  system(paths: readonly string[]): SystemPath[];
  /** The character devices in /dev and /dev/dri, by their paths. */
  devices(): string[];
  /** What a file says; empty where it cannot be read. */
  text(path: string): string;
  /** Whether there is such a thing, of any kind. */
  exists(path: string): boolean;
  /** Device and inode of what is there. */
  id(path: string): string | undefined;
  /** Whether it is a folder or file and no symlink, in a path without any. */
  isPlain(path: string): boolean;
  /** Follows symlinks that lie in the home itself or where only root writes; others may be a fenced app's. */
  follow(path: string, home: string): Followed;
  /** /etc/passwd, and who the user is. */
  accounts(): { readonly text: string; readonly uid: number; readonly gid: number; readonly name: string };
  /** Of the gate inside, found among the processes of the scope; undefined when it is not there. */
  readEvidence(pids: readonly number[], gatePid: number, toldPid: number): SandboxEvidence | undefined;
  /** The daemon's own /proc/self/mountinfo. */
  mountinfo(): string;
}

/** The installed apps, as far as their names may count. */
export interface KnownApps {
  /**
   * Whether the id is that of an entry in a folder that only root can write, or of one that the user has enabled by hand. `kept`:
   * where Ringfence keeps the latter.
   */
  counts(id: string, session: ReadonlyMap<string, string>, kept: string): boolean;
  /** The id, without ".desktop", of the app whose entry, one of those that count, starts this very program. */
  ofProgram(program: string, session: ReadonlyMap<string, string>): string | undefined;
}
