import { RingfenceError } from '../domain/errors.ts';
import { type InstallChange, listChanges } from './changes.ts';
import { readManifest, replaceManifest } from './keep-manifest.ts';
import type { InstallPorts } from './ports.ts';
import type { InstallManifest } from './pure/manifest.ts';
import { unitName } from './pure/places.ts';
import { type DesiredPlace, planInstall } from './pure/plan.ts';

/** What became of an installation. */
export interface InstallOutcome {
  readonly changes: readonly InstallChange[];
  readonly unchanged: number;
  /** Of the daemon that answers now; undefined when it was not asked. */
  readonly running?: string;
  /** Why the installed daemon does not answer. */
  readonly problem?: string;
}

/**
 * Installs: plan, write down what is going to be written, write it, and see that the daemon answers. Repeated, it changes
 * nothing.
 * @throws RingfenceError Failed when a needed file cannot be written; then everything is as before
 */
export async function install(
  desired: readonly DesiredPlace[],
  version: string,
  dryRun: boolean,
  ports: InstallPorts,
): Promise<InstallOutcome> {
  const { places, disk } = ports;
  const unlock = dryRun ? () => {} : await ports.lock();
  try {
    if (!dryRun) disk.clean();
    const before = readManifest(ports);
    const plan = planInstall(desired, before?.files ?? {}, disk);
    const blocked = plan.conflicts.find(({ blocks }) => blocks);
    if (blocked !== undefined) throw new RingfenceError('Failed', `cannot install ${blocked.path}: ${blocked.reason}`);
    const changes = listChanges(plan, disk);
    if (dryRun) return { changes, unchanged: plan.unchanged };
    if (plan.steps.length > 0 || before?.version !== version) {
      const paths = plan.steps.flatMap((step) => (step.action === 'write' ? [step.place.path] : []));
      // The daemon's own files make folders too.
      const later = [`${places.state}/ringfence/file`, `${places.cache}/ringfence/file`, places.manifest];
      const folders = [...new Set([...(before?.folders ?? []), ...disk.missingFolders([...later, ...paths])])].sort();
      const manifest = (files: InstallManifest['files']) => ({ format: 1 as const, version, folders, files });
      try {
        replaceManifest(ports, manifest(plan.intent));
        disk.carryOut(plan.steps, disk.missingFolders(paths));
      } catch (error) {
        takeBackManifest(ports, before);
        disk.removeFolders(folders);
        throw diskFailure('install', error);
      }
      replaceManifest(ports, manifest(plan.outcome));
    }
    return { changes, unchanged: plan.unchanged, ...(await startDaemon(ports, version, plan.steps.length > 0)) };
  } finally {
    unlock();
  }
}

/** On a full disk the new one stays: it knows both what was and what was to be. */
function takeBackManifest(ports: InstallPorts, before: InstallManifest | undefined): void {
  try {
    replaceManifest(ports, before);
  } catch {}
}

/** A failure of the disk, in the user's words. */
export function diskFailure(verb: string, error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  if (error instanceof RingfenceError || code === undefined) return error;
  const reasons: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'your disk quota is used up',
    EROFS: 'the file system is read-only',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
  };
  const where = path === undefined ? '' : ` ${path}`;
  return new RingfenceError(
    'Failed',
    `cannot ${verb}${where}: ${reasons[code] ?? code}; everything is as it was before`,
    {
      cause: error,
    },
  );
}

async function startDaemon({ unit, places }: InstallPorts, version: string, changed: boolean) {
  if (unit === undefined) return {};
  if (changed || (await unit.facts()).stale) await unit.reload();
  const facts = await unit.facts();
  if (facts.file !== places.unit) {
    const found = facts.file === '' ? `it does not find it (${facts.load})` : `it uses ${facts.file} instead`;
    return { problem: `the user manager does not use ${places.unit}: ${found}` };
  }
  try {
    if (changed && ['active', 'activating', 'failed'].includes(facts.active)) await unit.restart();
    const running = await unit.version();
    const [pid, owner] = [(await unit.facts()).pid, await unit.ownerPid()];
    if (owner !== pid) {
      const reason = `another ringfenced, process ${owner}, has its name on the bus; end it with "kill ${owner}"`;
      return { running, problem: `the installed daemon does not run: ${reason}` };
    }
    if (running !== version) return { running, problem: `ringfenced ${running} answers instead of ${version}` };
    return { running };
  } catch (error) {
    const hint = `see "journalctl --user -u ${unitName}"`;
    return {
      problem: `the daemon does not answer: ${error instanceof Error ? error.message : String(error)}; ${hint}`,
    };
  }
}
