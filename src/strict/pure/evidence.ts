import { type Mount, parseMountinfo, reachable } from '../../domain/mounts.ts';
import { isAtOrBelow } from '../../domain/path-relations.ts';
import type { SandboxNamespace, SandboxOp } from './model.ts';
import { spotOf } from './mounts.ts';

/** A descriptor of the process that waits inside. */
export interface Descriptor {
  /** As readlink(2) has it. */
  readonly target: string;
  readonly kind: 'folder' | 'file' | 'other';
}

/** What is read of the process that waits inside, before anything of the app has run. Texts as the kernel gives them. */
export interface SandboxEvidence {
  /** /proc/PID/status */
  readonly status: string;
  /**
   * The same of its parent, the first process of the PID namespace: the app may write to that one's memory, so a
   * bubblewrap that leaves it without the filter would be a way around it.
   */
  readonly initStatus: string;
  /** That first process's pid outside. */
  readonly initPid: number;
  /** /proc/PID/mountinfo */
  readonly mountinfo: string;
  /** The same of the daemon: by it a mount of the sandbox's own is told from one that came along from outside. */
  readonly outerMountinfo: string;
  /** /proc/PID/cgroup */
  readonly cgroup: string;
  /** readlink of /proc/PID/ns/NAME for the process inside and for the daemon. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly outerNamespaces: ReadonlyMap<string, string>;
  /** What it has open: /proc/PID/fd. */
  readonly descriptors: ReadonlyMap<number, Descriptor>;
}

/** What the process must show, for a plan. */
export interface SandboxExpectation {
  readonly ops: readonly SandboxOp[];
  /** Path of the scope below /sys/fs/cgroup. */
  readonly cgroup: string;
}

/** A part of the sandbox that the started process does not show. */
export interface MissingPart {
  readonly part: string;
  readonly reason: string;
}

/** The first part that does not hold, undefined when the process is where the plan wants it. */
export function judgeSandbox(expected: SandboxExpectation, evidence: SandboxEvidence): MissingPart | undefined {
  return (
    judgeStatus(evidence.status) ??
    judgeStatus(evidence.initStatus) ??
    judgeCgroup(expected.cgroup, evidence.cgroup) ??
    judgeNamespaces(expected.ops, evidence) ??
    judgeMounts(expected.ops, evidence)
  );
}

/** /proc/PID/status: no new privileges, a filter in force, no capability left, in effect or to be had. */
function judgeStatus(status: string): MissingPart | undefined {
  const wanted: readonly [field: string, value: RegExp, part: string][] = [
    ['NoNewPrivs', /^1$/, 'no new privileges'],
    ['Seccomp', /^2$/, 'system call filter'],
    ['CapEff', /^0+$/, 'capabilities'],
    ['CapPrm', /^0+$/, 'capabilities'],
    ['CapBnd', /^0+$/, 'capabilities'],
    ['CapInh', /^0+$/, 'capabilities'],
    ['CapAmb', /^0+$/, 'capabilities'],
  ];
  for (const [field, value, part] of wanted) {
    const found = new RegExp(`^${field}:\\s*(\\S+)$`, 'm').exec(status)?.[1];
    if (found === undefined || !value.test(found)) return { part, reason: `${field} is ${found ?? 'not there'}` };
  }
  return undefined;
}

/** /proc/PID/cgroup as the daemon reads it, in its own cgroup namespace: one line, `0::PATH`. */
function judgeCgroup(expected: string, text: string): MissingPart | undefined {
  const found = /^0::(.*)$/m.exec(text)?.[1];
  if (found === expected) return undefined;
  return { part: 'scope', reason: `the process is in ${found ?? 'no cgroup'} instead of ${expected}` };
}

/** Every namespace of the plan, and always a mount namespace, differs from the daemon's. */
function judgeNamespaces(
  ops: readonly SandboxOp[],
  { namespaces, outerNamespaces }: Pick<SandboxEvidence, 'namespaces' | 'outerNamespaces'>,
): MissingPart | undefined {
  const planned = ops.flatMap((op): readonly SandboxNamespace[] => (op.op === 'unshare' ? op.namespaces : []));
  for (const name of ['mnt', ...planned]) {
    const inside = namespaces.get(name);
    const outside = outerNamespaces.get(name);
    if (inside === undefined || outside === undefined || inside === outside) {
      return {
        part: `${name} namespace`,
        reason: inside === undefined ? 'it cannot be read' : 'it is the session’s own',
      };
    }
  }
  return undefined;
}

/**
 * What the caller has left open beside its input and output, which the command would inherit: a folder opened outside leads
 * out of every sandbox, and a file can be opened anew through /proc/self/fd, for writing too. The gate has the numbers up to 7:
 * its line in and out, the environment, and the caller's own three.
 */
export function judgeDescriptors(descriptors: ReadonlyMap<number, Descriptor>): MissingPart | undefined {
  for (const [number, { target, kind }] of descriptors) {
    if (number <= highestDescriptor && (kind === 'other' || (kind === 'file' && number === environmentDescriptor)))
      continue;
    const reason = kind === 'other' ? `descriptor ${number} of the caller is open` : `a ${kind} of the caller is open`;
    return { part, reason: `${reason} (${target}) and would lead out of the sandbox` };
  }
  return undefined;
}

const highestDescriptor = 7;
/** The gate's own file, which it closes. */
const environmentDescriptor = 6;

/**
 * /proc/PID/mountinfo: everything planned is mounted as planned, and nothing else is mounted, whether it can be reached or not.
 * A recursive bind brings along what is mounted below its source.
 */
function judgeMounts(
  ops: readonly SandboxOp[],
  { mountinfo, outerMountinfo }: Pick<SandboxEvidence, 'mountinfo' | 'outerMountinfo'>,
): MissingPart | undefined {
  const mounts = parseMountinfo(mountinfo);
  const outside = reachable(parseMountinfo(outerMountinfo));
  const seen = reachable(mounts);
  const top = (path: string): Mount | undefined => seen.find((mount) => mount.path === path);
  const names = ops.find((op) => op.op === 'documents')?.target;
  const under = mounts.filter((mount) => mount.path === names && mount !== top(mount.path));
  for (const op of ops) {
    const isUnder = op.op === 'ro-bind' && op.target === names;
    const reason = judgeStep(op, isUnder ? () => under[0] : top, outside);
    if (reason !== undefined) return { part, reason };
  }
  const planned = new Map(ops.flatMap((op) => (isMount(op) ? [[op.target, op] as const] : [])));
  for (const mount of mounts) {
    if (top(mount.path) === mount && (mount.path === '/' || planned.has(mount.path))) continue;
    if (mount === under[0]) continue;
    const others = [...planned.values()].filter(({ target }) => target !== mount.path);
    const reason = judgeStray(mount, others, outside);
    if (reason !== undefined) return { part, reason };
  }
  return undefined;
}

const part = 'file system';

type MountOp = Extract<SandboxOp, { op: 'bind' | 'ro-bind' | 'dev-bind' | 'tmpfs' | 'dev' | 'proc' | 'documents' }>;

function isMount(op: SandboxOp): op is MountOp {
  return ['bind', 'ro-bind', 'dev-bind', 'tmpfs', 'dev', 'proc', 'documents'].includes(op.op);
}

function judgeStep(
  op: SandboxOp,
  top: (path: string) => Mount | undefined,
  outside: readonly Mount[],
): string | undefined {
  if (op.op === 'remount-ro') {
    const root = top(op.target);
    if (root?.type !== 'tmpfs' || isOf(root, outside)) return `${op.target} is not the sandbox’s own`;
    return root.readOnly ? undefined : `${op.target} is writable`;
  }
  if (!isMount(op)) return undefined;
  const mount = top(op.target);
  if (mount === undefined) return `nothing is mounted on ${op.target}`;
  if (op.op === 'bind' || op.op === 'ro-bind' || op.op === 'dev-bind') {
    const source = spotOf(op.source, outside);
    if (source === undefined) return `${op.source} cannot be seen from outside`;
    if (mount.device !== source.device || mount.root !== source.path) return `${op.target} is not ${op.source}`;
    return op.op !== 'ro-bind' || mount.readOnly ? undefined : `${op.target} is writable`;
  }
  const type = { documents: 'fuse', proc: 'proc', dev: 'tmpfs', tmpfs: 'tmpfs' }[op.op];
  if (mount.type !== type) return `${op.target} is a ${mount.type}`;
  if (isOf(mount, outside)) return `${op.target} is the session’s own`;
  return op.op === 'documents' && !mount.readOnly ? `${op.target} is writable` : undefined;
}

/** A file system made for the sandbox is none of those outside: a /tmp or /proc that came along looks like one. */
function isOf({ device }: Mount, outside: readonly Mount[]): boolean {
  return outside.some((mount) => mount.device === device);
}

/** A mount that no step names: a device of bubblewrap's /dev, or what a recursive bind brought along. */
function judgeStray(mount: Mount, planned: readonly MountOp[], outside: readonly Mount[]): string | undefined {
  const around = planned.filter(({ target }) => isAtOrBelow(mount.path, target));
  const inner = around.reduce<MountOp | undefined>(
    (best, op) => (best && best.target.length > op.target.length ? best : op),
    undefined,
  );
  if (inner?.op === 'dev') {
    const name = mount.path.slice(inner.target.length + 1);
    // The terminals of its own, and the one of whoever has started it.
    if (['pts', 'console'].includes(name) && mount.type === 'devpts') return undefined;
    return devices.includes(name) && mount.root === `/${name}` ? undefined : `${mount.path} was not planned`;
  }
  if (inner?.op !== 'bind' && inner?.op !== 'ro-bind') return `${mount.path} was not planned`;
  const path = `${inner.source}${mount.path.slice(inner.target.length)}`;
  const came = outside.some((one) => one.path === path && one.device === mount.device && one.root === mount.root);
  if (!came) return `${mount.path} was not planned`;
  return inner.op === 'bind' || mount.readOnly ? undefined : `${mount.path} is writable`;
}

/** What `bwrap --dev` binds. */
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
