import { asFileError, errnoText } from '../domain/errno-text.ts';
import { isRingfenceError, RingfenceError } from '../domain/errors.ts';
import type { FailedGroup } from '../platform/owned-files/carry-out.ts';
import type { Notes, Plan } from '../platform/owned-files/model.ts';
import type { OwnUnit } from '../platform/systemd/own-unit.ts';
import { type InstallChange, listChanges } from './changes.ts';
import type { InstallPorts } from './ports.ts';
import type { DesiredPlace } from './pure/desired.ts';
import { type InstallManifest, storedInstallManifest } from './pure/manifest.ts';
import { unitName } from './pure/places.ts';

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
  const { files } = ports;
  const unlock = dryRun ? () => {} : await ports.lock('install');
  try {
    if (!dryRun) files.disk.clean([]);
    const before = ports.manifest.read();
    const plan = planPlaces('install', desired, before, ports);
    const changes = listChanges(plan, files);
    if (dryRun) return { changes, unchanged: plan.unchanged };
    await carryOutPlan(plan, before, version, ports);
    return { changes, unchanged: plan.unchanged, ...(await startDaemon(ports, version, plan.steps.length > 0)) };
  } finally {
    unlock();
  }
}

/**
 * What to change so that the places are as desired.
 * @throws RingfenceError Failed when a place that is needed cannot be written, or one that is to go cannot be removed
 */
export function planPlaces(
  verb: 'install' | 'remove',
  desired: readonly DesiredPlace[],
  manifest: InstallManifest | undefined,
  { files }: Pick<InstallPorts, 'files'>,
): Plan {
  const owned = manifest?.files ?? {};
  const plan = files.withhold(files.plan(desired, owned), owned, (path) => {
    const obstacle = files.disk.obstacle(path);
    return obstacle === undefined ? undefined : (errnoText(obstacle) ?? String(obstacle));
  });
  const optional = new Set(desired.filter(({ needed }) => !needed).map(({ path }) => path));
  const blocked = plan.conflicts.find(({ path, cause }) => cause === 'withheld' && !optional.has(path));
  if (blocked === undefined) return plan;
  throw new RingfenceError('Failed', `cannot ${verb} ${blocked.path}: ${blocked.reason}`);
}

async function carryOutPlan(
  plan: Plan,
  before: InstallManifest | undefined,
  version: string,
  { files, manifest, places }: InstallPorts,
): Promise<void> {
  let stored = before && JSON.stringify(storedInstallManifest(before));
  let state = asBefore;
  const save = (notes: Notes, failed: ReadonlySet<string>) => {
    const next = storedInstallManifest({
      format: 1,
      version: failed.size > 0 ? (before?.version ?? version) : version,
      ...notes,
    });
    const text = JSON.stringify(next);
    if (text === stored) return;
    if (Object.keys(notes.files).length > 0) manifest.write(next);
    else manifest.remove();
    stored = text;
    state = 'nothing further was changed; run it again';
  };
  const noted = before ?? { folders: [], files: {} };
  // The daemon's own files make folders too.
  const alsoUsed = [`${places.state}/ringfence/file`, `${places.cache}/ringfence/file`, places.manifest];
  const { failed } = await files.carryOut(plan, noted, { save, alsoUsed }).catch((error) => {
    throw asFileError('install', error, state);
  });
  throwFailure('install', failed);
}

const asBefore = 'everything is as it was before';

/** @throws RingfenceError Failed when there is a failure */
export function throwFailure(verb: 'install' | 'uninstall', [failure]: readonly FailedGroup[]): void {
  if (failure === undefined) return;
  const after = failure.restored ? asBefore : 'some files could not be put back; run it again';
  const error = asFileError(`${verb} ${failure.path}`, failure.error, after);
  throw isRingfenceError(error) ? error : failure.error;
}

async function startDaemon({ unit, places }: InstallPorts, version: string, changed: boolean) {
  if (unit === undefined) return {};
  try {
    const before = await unit.facts();
    const isRunning = ['active', 'activating', 'reloading', 'deactivating', 'failed'].includes(before.active);
    if (changed || before.stale) {
      // Not the other way round: at a reload systemd says UnitRemoved for each unit, and the daemon of 0.1.0 takes that for the end of
      // its apps and forgets them. A call that comes meanwhile starts the new one; the bus keeps it until then.
      if (isRunning) await endDaemon(unit);
      await unit.reload();
    }
    const facts = await unit.facts();
    if (facts.file !== places.unit) {
      const found = facts.file === '' ? `it does not find it (${facts.load})` : `it uses ${facts.file} instead`;
      if (isRunning) await unit.wake().catch(() => {});
      return { problem: `the user manager does not use ${places.unit}: ${found}` };
    }
    await unit.wake();
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

/** A click that comes just then has systemd start it again, and drop the job that stops it: a restart goes together with that. */
async function endDaemon(unit: OwnUnit): Promise<void> {
  await unit.stop().catch(() => unit.restart());
}
