import type { ReportRow } from '../../domain/report.ts';
import type { OwnHome, SandboxPlan, SandboxSettings, Share } from './model.ts';
import { pressureFile } from './plan.ts';
import { showShare } from './shares.ts';

/** What is let in, for the report. */
interface LetInRows {
  readonly own: OwnHome;
  readonly shares: readonly Share[];
  readonly settings: Pick<SandboxSettings, 'network' | 'wayland' | 'sound' | 'gpu' | 'printing'>;
  readonly ownNames: readonly string[];
  readonly calls: readonly string[];
}

/** What the report says of a sandbox that `judgeSandbox` has let pass: one row per part, with what was seen of it. */
export function enforcedRows(plan: SandboxPlan, host: LetInRows, status: string): ReportRow[] {
  const mounts = plan.filter((op) =>
    ['bind', 'ro-bind', 'dev-bind', 'tmpfs', 'dev', 'proc', 'documents'].includes(op.op),
  ).length;
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const namespaces = plan.flatMap((op) => (op.op === 'unshare' ? op.namespaces : []));
  const { own, shares, settings, ownNames, calls } = host;
  const displays = plan.flatMap((op) => {
    if (op.op !== 'ro-bind') return [];
    const [, x] = /^\/tmp\/\.X11-unix\/X(\d+)$/.exec(op.target) ?? [];
    if (x !== undefined) return [`X11 :${x}, where it can read every window and type into it`];
    if (op.isWayland !== true) return [];
    const wayland = op.target.slice(op.target.lastIndexOf('/') + 1);
    if (op.source !== op.target) return [`Wayland ${wayland}, by a security context of its own`];
    return [settings.wayland ? `Wayland ${wayland}` : `Wayland ${wayland}, whatever its compositor lets programs do`];
  });
  const gpuDevices = plan.flatMap((op) => (op.op === 'dev-bind' ? [op.target] : []));
  return [
    row('no-new-privileges', `NoNewPrivs ${field('NoNewPrivs')}, CapBnd ${field('CapBnd')}`),
    row('system-call-filter', `Seccomp ${field('Seccomp')}`),
    row('private-tmp', '/tmp and /var/tmp are tmpfs of its own'),
    row('read-only-system', `/ is its own and read-only, with ${mounts} mounts and no other`),
    row('own-home', `${own.path}${own.kept ? '' : ', gone at the end'}`),
    ...sharedRows(shares),
    ...documentRows(plan),
    row('own-processes', `PIDs ${field('NSpid').split(/\s+/).join(' outside, ')} inside`),
    row('own-cgroup', `/sys/fs/cgroup is its own, read-only${plan.some(isPressure) ? ' but for memory.pressure' : ''}`),
    row('filtered-bus', 'DBUS_SESSION_BUS_ADDRESS leads to a proxy in the scope'),
    ...(ownNames.length === 0 ? [] : [row('bus-names', ownNames.join(', '))]),
    ...(calls.length === 0 ? [] : [row('bus-calls', calls.join(', '))]),
    namespaces.includes('net')
      ? row('network', 'a network namespace of its own', 'false')
      : row('network', 'open, with what listens on this machine', 'true'),
    row('display', displays.length === 0 ? 'none' : displays.join(', ')),
    row('sound', settings.sound ? 'the PulseAudio socket' : 'none', String(settings.sound)),
    row('gpu', gpuDevices.length === 0 ? 'none' : gpuDevices.join(', '), String(settings.gpu)),
    row(
      'printing',
      settings.printing ? "the portal's dialog, which the app fills in" : 'none',
      String(settings.printing),
    ),
  ];
}

/** The rows of a sandbox that has `shares` now, and had others. */
export function rowsWithShares(rows: readonly ReportRow[], shares: readonly Share[], had: number): ReportRow[] {
  return rows.flatMap((one) => {
    if (one.name === 'shared') return [];
    if (one.name === 'own-home') return [one, ...sharedRows(shares)];
    if (one.name !== 'read-only-system') return [one];
    const value = one.value.replace(/\d+(?= mounts)/, (mounts) => String(Number(mounts) + shares.length - had));
    return [{ ...one, value }];
  });
}

function sharedRows(shares: readonly Share[]): ReportRow[] {
  return shares.length === 0 ? [] : [row('shared', shares.map(showShare).join(', '))];
}

/** What the document portal offers, as it is mounted in the place of its folder. */
function documentRows(plan: SandboxPlan): ReportRow[] {
  if (plan.some(({ op }) => op === 'documents')) {
    return [row('documents', 'what dialogs offer, to be saved where no strict app can put a link')];
  }
  const isThere = plan.some(
    (op) => op.op === 'ro-bind' && op.source.includes('/by-app/') && op.target.endsWith('/doc'),
  );
  return isThere ? [row('documents', 'what dialogs offer, to be read only, as Perl is missing or does not run')] : [];
}

function isPressure(op: SandboxPlan[number]): boolean {
  return op.op === 'bind' && op.target === pressureFile;
}

function row(name: string, value: string, asked = 'strict'): ReportRow {
  return { name, asked, origin: 'built-in', state: 'enforced', value, reason: '', fix: '' };
}
