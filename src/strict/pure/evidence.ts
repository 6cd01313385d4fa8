import type { SandboxNamespace, SandboxOp } from './model.ts';
import { isAtOrBelow } from './path-relations.ts';

/** A descriptor of the process that waits inside. */
export interface Descriptor {
  /** As readlink(2) has it. */
  readonly target: string;
  readonly isFolder: boolean;
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
 * out of every sandbox. The gate has the numbers up to 7: its line in and out, the environment, and the caller's own three.
 */
export function judgeDescriptors(descriptors: ReadonlyMap<number, Descriptor>): MissingPart | undefined {
  for (const [number, { target, isFolder }] of descriptors) {
    if (number <= highestDescriptor && !isFolder) continue;
    const reason = isFolder ? 'a folder of the caller is open' : `descriptor ${number} of the caller is open`;
    return { part: 'file system', reason: `${reason} (${target}) and would lead out of the sandbox` };
  }
  return undefined;
}

const highestDescriptor = 7;

/**
 * /proc/PID/mountinfo (proc_pid_mountinfo(5)): everything planned is mounted as planned, and nothing else that can be
 * reached is writable. A mount under a later mount of the same or an outer path cannot be reached.
 */
function judgeMounts(
  ops: readonly SandboxOp[],
  { mountinfo, outerMountinfo }: Pick<SandboxEvidence, 'mountinfo' | 'outerMountinfo'>,
): MissingPart | undefined {
  const mounts = reachable(parseMountinfo(mountinfo));
  const outside = reachable(parseMountinfo(outerMountinfo));
  const top = (path: string): Mount | undefined => mounts.find((mount) => mount.path === path);
  for (const op of ops) {
    const fault = judgeOp(op, ops, top) ?? judgeOrigin(op, ops, top, outside);
    if (fault !== undefined) return fault;
  }
  const stray = mounts.find(({ path, readOnly }) => !readOnly && !mayBeWritable(path, ops));
  return stray && { part: 'file system', reason: `${stray.path} is writable` };
}

/** A mount takes after the innermost step around it: a disk mounted in the home comes along with the home. */
function mayBeWritable(path: string, ops: readonly SandboxOp[]): boolean {
  const around = ops.filter((op) => 'target' in op && op.op !== 'remount-ro' && isAtOrBelow(path, op.target));
  const depth = Math.max(...around.map((op) => ('target' in op ? op.target.length : 0)));
  const innermost = around.findLast((op) => 'target' in op && op.target.length === depth);
  if (innermost === undefined || !('target' in innermost)) return false;
  return innermost.op === 'bind' || innermost.op === 'dev' || (innermost.op !== 'ro-bind' && innermost.target === path);
}

interface Mount {
  readonly path: string;
  /** Of the file system, "major:minor", and the path in it that is mounted here. */
  readonly device: string;
  readonly root: string;
  readonly readOnly: boolean;
  readonly type: string;
}

function judgeOp(
  op: SandboxOp,
  ops: readonly SandboxOp[],
  top: (path: string) => Mount | undefined,
): MissingPart | undefined {
  if (op.op !== 'ro-bind' && op.op !== 'tmpfs' && op.op !== 'remount-ro' && op.op !== 'dev' && op.op !== 'proc') {
    return undefined;
  }
  const mount = top(op.target);
  const part = 'file system';
  if (mount === undefined) {
    return op.op === 'ro-bind' && op.optional ? undefined : { part, reason: `nothing is mounted on ${op.target}` };
  }
  if ((op.op === 'ro-bind' || op.op === 'remount-ro') && !mount.readOnly && !isReplaced(op, ops)) {
    return { part, reason: `${op.target} is writable` };
  }
  const type = op.op === 'tmpfs' || op.op === 'dev' ? 'tmpfs' : op.op === 'proc' ? 'proc' : mount.type;
  return mount.type === type || isReplaced(op, ops) ? undefined : { part, reason: `${op.target} is a ${mount.type}` };
}

/**
 * What is mounted is what was planned: a file system made for the sandbox is none of those outside (a /tmp or /proc that
 * came along with the system looks like one), and a bind shows the path it was made of (the filtered bus, not the other).
 */
function judgeOrigin(
  op: SandboxOp,
  ops: readonly SandboxOp[],
  top: (path: string) => Mount | undefined,
  outside: readonly Mount[],
): MissingPart | undefined {
  if (!('target' in op) || op.op === 'remount-ro' || isReplaced(op, ops)) return undefined;
  const mount = top(op.target);
  const part = 'file system';
  if (op.op !== 'bind' && op.op !== 'ro-bind') {
    const isNew = mount !== undefined && outside.every(({ device }) => device !== mount.device);
    return isNew ? undefined : { part, reason: `${op.target} is the session’s own` };
  }
  if (op.optional) return undefined;
  if (mount === undefined) return { part, reason: `nothing is mounted on ${op.target}` };
  const source = outside
    .filter(({ path }) => isAtOrBelow(op.source, path))
    .reduce<Mount | undefined>((best, one) => (best && best.path.length > one.path.length ? best : one), undefined);
  // A daemon whose own root is no mount (chroot) does not see where its files come from.
  if (source === undefined) return undefined;
  const rest = op.source.slice(source.path === '/' ? 0 : source.path.length);
  const root = `${source.root === '/' ? '' : source.root}${rest === '/' ? '' : rest}` || '/';
  const isSame = mount.device === source.device && mount.root === root;
  return isSame ? undefined : { part, reason: `${op.target} is not ${op.source}` };
}

/** A later step of the plan mounts over the same path: that one is judged. */
function isReplaced(op: SandboxOp & { target: string }, ops: readonly SandboxOp[]): boolean {
  return ops
    .slice(ops.indexOf(op) + 1)
    .some((later) => 'target' in later && later.target === op.target && later.op !== 'remount-ro');
}

function parseMountinfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      return {
        path: unescapePath(fields[4] ?? ''),
        device: fields[2] ?? '',
        root: unescapePath(fields[3] ?? ''),
        readOnly: (fields[5] ?? '').split(',').includes('ro'),
        type: after.split(' ')[0] ?? '',
      };
    });
}

function reachable(mounts: readonly Mount[]): Mount[] {
  return mounts.filter((mount, index) => !mounts.slice(index + 1).some((later) => isAtOrBelow(mount.path, later.path)));
}

/** Space, tab, newline and backslash stand as three octal digits; the bytes beyond ASCII stand as they are. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
