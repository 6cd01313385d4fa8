import type { ReportRow } from '../../domain/report.ts';
import type { SandboxOp, SandboxPlan } from './model.ts';

/** What the report says of a sandbox that `judgeSandbox` has let pass: one row per part, with what was seen of it. */
export function enforcedRows(plan: SandboxPlan, status: string): ReportRow[] {
  const { ops } = plan;
  const hidden = ops.filter((op) => op.op === 'tmpfs' && op.mode < 0o700).length;
  const nulled = ops.filter((op) => op.op === 'ro-bind' && op.source === '/dev/null').length;
  const guarded = ops.filter((op) => op.op === 'ro-bind' && op.source === op.target && op.target !== '/').length;
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const namespaces = ops.flatMap((op) => (op.op === 'unshare' ? op.namespaces : []));
  return [
    row('no-new-privileges', `NoNewPrivs ${field('NoNewPrivs')}, CapBnd ${field('CapBnd')}`),
    row('system-call-filter', `Seccomp ${field('Seccomp')}`),
    row('private-tmp', `${mountsOf(ops, ['/tmp', '/var/tmp'])} are tmpfs of its own`),
    row('read-only-system', '/ is mounted read-only'),
    row('hidden-paths', `${hidden + nulled} hidden, ${guarded} read-only`),
    row('own-processes', `PIDs ${field('NSpid').split(/\s+/).join(' outside, ')} inside`),
    row('own-cgroup', '/sys/fs/cgroup is its own, read-only'),
    row('filtered-bus', 'DBUS_SESSION_BUS_ADDRESS leads to a proxy in the scope'),
    ...(namespaces.includes('net') ? [row('network', 'a network namespace of its own', 'false')] : []),
  ];
}

/** What a plan could not cover, as sentences for the report. */
export function unguardedReasons({ unguarded }: SandboxPlan): string[] {
  return unguarded.map(
    (path) => `${path} is a symlink: what it leads to is read-only, the link itself can be replaced`,
  );
}

function row(name: string, value: string, asked = 'strict'): ReportRow {
  return { name, asked, origin: 'built-in', state: 'enforced', value, reason: '', fix: '' };
}

function mountsOf(ops: readonly SandboxOp[], targets: readonly string[]): string {
  return targets.filter((target) => ops.some((op) => op.op === 'tmpfs' && op.target === target)).join(' and ');
}
