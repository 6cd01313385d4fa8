import { type HomeRule, homeRules } from './home-rules.ts';
import type { Placeholder, SandboxHost, SandboxOp, SandboxSettings } from './model.ts';
import { foldersAbove, foldersBetween, pathDepth } from './path-relations.ts';

/** The mounts of the home and of the paths in the settings, in order, with what they could not cover. */
export interface HomeMounts {
  readonly ops: readonly SandboxOp[];
  readonly placeholders: readonly Placeholder[];
  readonly unguarded: readonly string[];
}

interface Mark {
  readonly path: string;
  readonly access: 'read-write' | 'read-only' | 'hidden';
  readonly file: boolean;
}

/** Every path whose kind (and, for a symlink, target) `planHomeMounts` wants to know. */
export function pathsToInspect(settings: SandboxSettings, host: Omit<SandboxHost, 'paths'>): string[] {
  return [
    ...new Set([
      ...homeRules(settings, host).map(({ path }) => path),
      ...systemSockets,
      ...settings.readWritePaths,
      ...settings.readOnlyPaths,
      ...settings.inaccessiblePaths,
    ]),
  ];
}

/**
 * One mark per path, parents before children, so that the inner one always wins. A mark on a path in the writable home
 * also pins the folders above it (bound to themselves): a mount point cannot be renamed, and without the pins
 * `mv ~/.config x; mkdir -p ~/.config/autostart` would leave the guard on x.
 */
export function planHomeMounts(settings: SandboxSettings, host: SandboxHost): HomeMounts {
  const rules = homeRules(settings, host).filter((rule) => rule.locked || !isOpenedBy(settings, rule.path));
  const placed = rules.filter((rule) => rule.place !== undefined && isMissing(host, rule.path));
  const marks = new Map<string, Mark>();
  const put = (mark: Mark): void => {
    marks.set(mark.path, mark);
  };
  put({ path: host.home, access: 'read-write', file: false });
  for (const path of systemSockets) if (!isMissing(host, path)) put(markOf(host, path, 'hidden'));
  for (const rule of rules.filter((one) => !one.locked)) putRule(put, host, rule);
  for (const path of settings.readWritePaths) put(markOf(host, path, 'read-write'));
  for (const path of settings.readOnlyPaths) put(markOf(host, path, 'read-only'));
  for (const path of settings.inaccessiblePaths) if (!isMissing(host, path)) put(markOf(host, path, 'hidden'));
  for (const rule of rules.filter((one) => one.locked)) putRule(put, host, rule);
  for (const pin of pins(marks, host.home)) if (!marks.has(pin.path)) put(pin);

  const ordered = [...marks.values()].sort(
    (a, b) => pathDepth(a.path) - pathDepth(b.path) || (a.path < b.path ? -1 : 1),
  );
  const visible = ordered.filter((mark) => !isRedundant(mark, marks));
  const around = new Set(visible.flatMap(({ path }) => foldersAbove(path)));
  return {
    ops: visible.map((mark) => mountOf(mark, around)),
    placeholders: placed.map(placeholderOf).sort((a, b) => pathDepth(a.path) - pathDepth(b.path)),
    unguarded: unguardedPaths(rules, host),
  };
}

/** Sockets that hand root to members of a group, outside /run (which strict empties). */
const systemSockets = ['/var/lib/incus', '/var/lib/lxd', '/var/snap/lxd'];

function isOpenedBy(settings: SandboxSettings, path: string): boolean {
  return settings.readWritePaths.includes(path) || settings.readOnlyPaths.includes(path);
}

function isMissing(host: SandboxHost, path: string): boolean {
  return (host.paths.get(path)?.kind ?? 'missing') === 'missing';
}

/** A symlink is marked where it leads: a mount always lands on the target. */
function markOf(host: SandboxHost, path: string, access: Mark['access']): Mark {
  const fact = host.paths.get(path);
  if (fact?.kind === 'symlink') return { path: fact.target, access, file: fact.targetKind === 'file' };
  return { path, access, file: fact?.kind === 'file' };
}

function putRule(put: (mark: Mark) => void, host: SandboxHost, { path, access, place }: HomeRule): void {
  const fact = host.paths.get(path);
  if (fact?.kind === 'symlink' && fact.targetKind === 'missing') return;
  if (!isMissing(host, path)) put(markOf(host, path, access));
  else if (place) put({ path, access, file: place.kind === 'file' });
}

function pins(marks: ReadonlyMap<string, Mark>, home: string): Mark[] {
  const isWritable = (path: string): boolean => marks.get(path)?.access === 'read-write';
  return [...marks.values()]
    .filter(({ path, access }) => access !== 'read-write' && path !== home)
    .flatMap(({ path }) => {
      const root = foldersAbove(path).find(isWritable);
      return root === undefined ? [] : foldersBetween(root, path);
    })
    .filter((folder) => nearestMark(marks, folder)?.access === 'read-write')
    .map((path) => ({ path, access: 'read-write', file: false }));
}

/** The innermost mark on a folder above the path. There are hundreds of marks: it climbs instead of looking at each. */
function nearestMark(marks: ReadonlyMap<string, Mark>, path: string): Mark | undefined {
  const folder = foldersAbove(path).find((above) => marks.has(above));
  return folder === undefined ? undefined : marks.get(folder);
}

/** Hidden in hidden, read-only in read-only or in nothing: the outer mount has said it already. */
function isRedundant(mark: Mark, marks: ReadonlyMap<string, Mark>): boolean {
  if (mark.access === 'read-write') return false;
  const outer = nearestMark(marks, mark.path);
  if (outer?.access === 'hidden') return true;
  return mark.access === 'read-only' && outer?.access !== 'read-write';
}

function mountOf({ path, access, file }: Mark, around: ReadonlySet<string>): SandboxOp {
  if (access === 'read-write') return { op: 'bind', source: path, target: path };
  if (access === 'read-only') return { op: 'ro-bind', source: path, target: path };
  if (file) return { op: 'ro-bind', source: '/dev/null', target: path };
  return { op: 'tmpfs', target: path, mode: around.has(path) ? 0o111 : 0o000 };
}

function placeholderOf({ path, access, place }: HomeRule): Placeholder {
  const kind = place?.kind ?? 'folder';
  const mode = kind === 'file' ? 0o644 : access === 'hidden' ? 0o700 : 0o755;
  return { path, kind, mode, content: place?.content ?? '' };
}

/** A mount on a symlink lands on its target: the link itself can be replaced by the app. */
function unguardedPaths(rules: readonly HomeRule[], host: SandboxHost): string[] {
  return rules
    .filter(({ path, access }) => access === 'read-only' && host.paths.get(path)?.kind === 'symlink')
    .map(({ path }) => path);
}
