/** What the user may decide about a strict start, beside what is let in. */
export interface SandboxSettings {
  readonly network: boolean;
  /** The X display of the session. Whoever has it can read and type into every X11 window. */
  readonly x11: boolean;
  /** Whether the Wayland display is let in only where its compositor keeps the app from others. */
  readonly wayland: boolean;
  /** The PulseAudio socket. Its server loads modules for its clients: an app bent on escaping can use that. */
  readonly sound: boolean;
  /** The files by which programs draw with the GPU: what is behind them is the driver, in the kernel. */
  readonly gpu: boolean;
  /** The portal's print dialog. The app fills it in, and it may write the app's bytes to any file. */
  readonly printing: boolean;
}

/** A file or folder of the host that is let in at its own path: absolute, without symlinks. */
export interface Share {
  readonly path: string;
  readonly writable: boolean;
}

/** A name inside that is a symlink. */
export interface Link {
  readonly path: string;
  readonly target: string;
}

/** A file or folder that makes an app look at home. */
export interface Look {
  /** Where it is outside: absolute, without symlinks. */
  readonly path: string;
  /** Its name in `lookFolder`. */
  readonly name: string;
}

/** The home of one sandbox, which has the same path inside and outside. */
export interface OwnHome {
  readonly path: string;
  /** Kept from start to start; else a tmpfs. */
  readonly kept: boolean;
}

/** The session and machine that a plan is made for; folders are absolute and free of symlinks. */
export interface SandboxHost {
  /** The user's real home. */
  readonly home: string;
  readonly own: OwnHome;
  readonly runtimeDir: string;
  /** Path of the scope below /sys/fs/cgroup, with its leading slash. */
  readonly cgroup: string;
  /** The folder of this instance, outside: holds the socket of its bus filter, its passwd and its setup. */
  readonly folder: string;
  readonly hasA11y: boolean;
  /** Whether its scope may be watched for memory pressure. */
  readonly hasPressure: boolean;
  /** Whether more can be started in it later: an app's. */
  readonly hasDoor: boolean;
  /** `DISPLAY` and `WAYLAND_DISPLAY` as the app would get them, and the file with the cookies of the first. */
  readonly display?: string;
  readonly waylandDisplay?: string;
  /** The socket that the compositor made for this sandbox, outside; without one it gets the session's own. */
  readonly waylandSource?: string;
  /** The session has a Wayland display, and the app gets none. */
  readonly waylandIsKeptOut?: boolean;
  readonly cookies?: string;
  /** What `isGpuDevice` names, where it is there, and a character device. */
  readonly gpuDevices: readonly string[];
  /** What there is of `systemPaths`, as `lookAtSystem` found it. */
  readonly system: readonly SystemPath[];
  readonly look: readonly Look[];
  /** What the document portal lets this app see, outside: to be read; and, where its documents get names of their own, to be written. */
  readonly documents?: { readonly read: string; readonly write?: string };
  readonly shares: readonly Share[];
  readonly links: readonly Link[];
}

/** A path of the system that a sandbox shows. */
export interface SystemPath {
  readonly path: string;
  /** Set for a symlink: its text. */
  readonly link?: string;
}

/** One step of the sandbox, in the order in which bubblewrap takes it. */
export type SandboxOp =
  | { readonly op: 'unshare'; readonly namespaces: readonly SandboxNamespace[] }
  | {
      readonly op: 'bind' | 'ro-bind' | 'dev-bind';
      readonly source: string;
      readonly target: string;
      /** It is the Wayland display, whatever its name. */
      readonly isWayland?: true;
    }
  | { readonly op: 'tmpfs'; readonly target: string; readonly mode: number }
  | { readonly op: 'folder'; readonly target: string }
  | { readonly op: 'symlink'; readonly text: string; readonly target: string }
  | { readonly op: 'remount-ro'; readonly target: string }
  | { readonly op: 'dev' | 'proc'; readonly target: string }
  /** Mounted over what is there once bubblewrap has made the rest; see `documentNamesArgv`. */
  | { readonly op: 'documents'; readonly target: string }
  | { readonly op: 'seccomp' }
  | { readonly op: 'sync' };

export type SandboxNamespace = 'user' | 'pid' | 'cgroup' | 'ipc' | 'net';

/** All that a strict start needs to know about its file system, in plain data. */
export type SandboxPlan = readonly SandboxOp[];
