/** What the user may decide about a strict start; every path is absolute and has passed `paths.ts`. */
export interface SandboxSettings {
  /** Desktop id without `.desktop`, such as `org.gnome.gedit`: tells which profile folders are the app's own. */
  readonly appId: string;
  readonly network: boolean;
  /** The X display of the session. Whoever has it can read and type into every X11 window. */
  readonly x11: boolean;
  /** The PulseAudio socket. Its server loads modules for its clients: an app bent on escaping can use that. */
  readonly sound: boolean;
  readonly readWritePaths: readonly string[];
  readonly readOnlyPaths: readonly string[];
  readonly inaccessiblePaths: readonly string[];
}

/** A path as the launch found it; `symlink` when realpath(3) gives another one, whichever of its names is the link. */
export type PathFact =
  | { readonly kind: 'folder' | 'file' | 'missing' }
  | { readonly kind: 'symlink'; readonly target: string; readonly targetKind: 'folder' | 'file' | 'missing' };

/** The session and machine that a plan is made for; folders are absolute and free of symlinks. */
export interface SandboxHost {
  readonly home: string;
  readonly configHome: string;
  readonly dataHome: string;
  readonly stateHome: string;
  readonly cacheHome: string;
  readonly runtimeDir: string;
  /** Path of the scope below /sys/fs/cgroup, with its leading slash. */
  readonly cgroup: string;
  /** Where the proxy of this instance listens, outside. */
  readonly busSocket: string;
  readonly a11ySocket?: string;
  /** `DISPLAY`, `WAYLAND_DISPLAY` and `XAUTHORITY` as the app would get them. */
  readonly display?: string;
  readonly waylandDisplay?: string;
  readonly xauthority?: string;
  /** Facts about `pathsToInspect(settings, host)`; a path without a fact counts as missing. */
  readonly paths: ReadonlyMap<string, PathFact>;
}

/** One step of the sandbox, in the order in which bubblewrap takes it. */
export type SandboxOp =
  | { readonly op: 'unshare'; readonly namespaces: readonly SandboxNamespace[] }
  | { readonly op: 'bind'; readonly source: string; readonly target: string; readonly optional?: true }
  | { readonly op: 'ro-bind'; readonly source: string; readonly target: string; readonly optional?: true }
  | { readonly op: 'tmpfs'; readonly target: string; readonly mode: number }
  | { readonly op: 'remount-ro'; readonly target: string }
  | { readonly op: 'dev' | 'proc'; readonly target: string }
  | { readonly op: 'setenv'; readonly name: string; readonly value: string }
  | { readonly op: 'unsetenv'; readonly name: string }
  | { readonly op: 'seccomp' }
  | { readonly op: 'sync' };

export type SandboxNamespace = 'user' | 'pid' | 'cgroup' | 'ipc' | 'net';

/** A file or folder to make in the home before the start, because only something that exists can be mounted over. */
export interface Placeholder {
  readonly path: string;
  readonly kind: 'folder' | 'file';
  readonly mode: number;
  /** Neutral to whoever reads the file outside; empty for a folder. */
  readonly content: string;
}

/** All that a strict start needs to know about its file system, in plain data. */
export interface SandboxPlan {
  readonly ops: readonly SandboxOp[];
  /** In the order in which to make them: folders before what lies in them. */
  readonly placeholders: readonly Placeholder[];
  /** Guarded paths that are symlinks here: what they lead to is read-only, but the app can put something else in their place. */
  readonly unguarded: readonly string[];
}
