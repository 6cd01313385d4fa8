import type { NestedTrial, SandboxHostFacts } from '../../strict/pure/host.ts';
import type { WindowHost } from './window-host.ts';

/** The activation file on the session bus, and what it names but cannot be run. */
export interface ActivationFacts {
  readonly path: string;
  readonly missing: readonly string[];
}

/** A Ringfence on this machine. */
export interface Installation {
  readonly folder: string;
  readonly version: string;
  /** Programs of its that are gone. */
  readonly missing: readonly string[];
}

/** What "ringfence install" has put into the user's own folders, and what a package or the tarball has put below /usr. */
export interface Installations {
  readonly own: Installation | undefined;
  readonly shared: Installation | undefined;
  /** Below /usr, where there is one below /usr/local as well. */
  readonly secondShared?: Installation;
}

/** What the doctor has seen. Undefined means that it could not be had, which a finding of its own explains. */
export interface DoctorFacts {
  /** Of the Ringfence that asks. */
  readonly version: string;
  readonly installations: Installations;
  /** Why the session bus cannot be joined; undefined when it can. */
  readonly busProblem: string | undefined;
  readonly manager:
    | { readonly version: number; readonly controllers: ReadonlySet<string>; readonly swapIsCounted: boolean }
    | undefined;
  readonly unifiedCgroups: boolean;
  /** What the kernel has in cgroup v2 at all. */
  readonly kernelControllers: ReadonlySet<string>;
  readonly swapBytes: bigint;
  readonly sandbox: SandboxHostFacts;
  /** Whether the Perl is there that gives strict apps their documents. */
  readonly hasPerl: boolean;
  /** What a program in such a sandbox can do; undefined without bubblewrap. */
  readonly nested: NestedTrial | undefined;
  /** Why folders of the user's, for settings, entries and notes, cannot be written: a reason, its folder, "; " and the way out. */
  readonly unwritable: readonly string[];
  /** Root is let do what users are not. */
  readonly isRoot: boolean;
  readonly activation: ActivationFacts | undefined;
  readonly unit:
    | {
        readonly load: string;
        readonly active: string;
        readonly file: string;
        readonly stale: boolean;
        /** Files of its command line that are not there any more. */
        readonly missing: readonly string[];
      }
    | undefined;
  /** The daemon's answer, or why there is none. */
  readonly daemon: { readonly version: string } | { readonly problem: string; readonly hangs?: true } | undefined;
  /** Why the daemon cannot watch files, and what helps; undefined when it can. */
  readonly watching: { readonly reason: string; readonly fix: string } | undefined;
  /** What keeps the desktop alive, as the property Desktop has it; empty when the daemon could not be asked. */
  readonly desktop: readonly ReadonlyMap<string, string>[];
  /** Entries that need a hand, as ListApps has them; undefined when the daemon could not be asked. */
  readonly entries: readonly { readonly id: string; readonly state: string }[] | undefined;
  readonly journald: 'pong' | 'missing' | 'refused' | 'silent';
  readonly journalBinding: boolean;
  readonly notifications: { readonly service: boolean; readonly client: boolean };
  readonly window: { readonly installed: boolean; readonly host: WindowHost };
  /** ~/.local/bin when programs of ours are linked there and PATH has no such folder. */
  readonly binOutsidePath: string | undefined;
  readonly configErrors: readonly string[];
  /** What the configuration says that hardly anybody means. */
  readonly configWarnings: readonly string[];
}
