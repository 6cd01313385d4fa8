import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import type { Client, InstanceView } from './client.ts';
import { installedApps } from './installed-apps.ts';
import { candidates } from './name-app.ts';
import { type AppMatch, didYouMean, matchApp, type NamedApp } from './pure/match-app.ts';

/**
 * The running instances that a word names, oldest first: a unit, an object path, one of its processes, or all instances of
 * an app, by its id, the last part of it or a visible name.
 * @throws RingfenceError NoSuchInstance, with what runs
 */
export async function findInstances(client: Client, word: string): Promise<InstanceView[]> {
  const instances = byAge(await client.instances());
  const exact = instances.filter(
    ({ unit, path, appId, name, pids }) =>
      unit === word ||
      `${word}.scope` === unit ||
      path === word ||
      appId === word ||
      appId === `${word}.desktop` ||
      (appId === '' && name === word) ||
      pids.includes(Number(word)),
  );
  if (exact.length > 0) return exact;
  const match = await matchRunning(word, runningApps(instances), client);
  if (match.kind === 'one') return instances.filter((one) => nameOf(one) === match.app.id);
  if (match.kind === 'several') {
    throw new RingfenceError('NoSuchInstance', `${JSON.stringify(word)} ${candidates(match.apps)}`);
  }
  const running = [...new Set(instances.map(nameOf))].sort().join(', ');
  throw new RingfenceError(
    'NoSuchInstance',
    `no running instance of ${JSON.stringify(word)}; ${running === '' ? 'nothing is running in a fence' : `running: ${running}`}${didYouMean(match.near)}`,
  );
}

/** The instances that any of the words name, each once. @throws as findInstances, for the first word that names none */
export async function findAllInstances(client: Client, words: readonly string[]): Promise<InstanceView[]> {
  const { instances, missing } = await lookForInstances(client, words);
  if (missing[0] !== undefined) throw missing[0].error;
  return instances;
}

/** A word that names no instance, and why. */
export interface Missing {
  readonly word: string;
  readonly error: RingfenceError;
}

/** The same, with what is wrong with each word that names none. */
export async function lookForInstances(
  client: Client,
  words: readonly string[],
): Promise<{ readonly instances: InstanceView[]; readonly missing: readonly Missing[] }> {
  const found = new Map<string, InstanceView>();
  const missing: Missing[] = [];
  for (const word of words) {
    try {
      for (const one of await findInstances(client, word)) found.set(one.path, one);
    } catch (error) {
      if (!isRingfenceError(error, 'NoSuchInstance')) throw error;
      missing.push({ word, error });
    }
  }
  return { instances: byAge([...found.values()]), missing };
}

/** Oldest first; what started in the same moment by its name. */
export function byAge(instances: readonly InstanceView[]): InstanceView[] {
  return [...instances].sort((a, b) =>
    a.startedAt === b.startedAt ? (a.unit < b.unit ? -1 : 1) : a.startedAt < b.startedAt ? -1 : 1,
  );
}

/** What an instance goes by: its app's id, or a command's name. */
export function nameOf({ appId, name }: Pick<InstanceView, 'appId' | 'name'>): string {
  return appId.replace(/\.desktop$/, '') || name;
}

function runningApps(instances: readonly InstanceView[]): NamedApp[] {
  const names = new Map<string, Set<string>>();
  for (const one of instances) names.set(nameOf(one), (names.get(nameOf(one)) ?? new Set()).add(one.name));
  return [...names].map(([id, known]) => ({ id, names: [...known] }));
}

/** An instance knows its app's name in one language; the app's entry has the others. */
async function matchRunning(word: string, running: readonly NamedApp[], client: Client): Promise<AppMatch<NamedApp>> {
  const match = matchApp(word, running);
  if (match.kind !== 'none' || running.length === 0) return match;
  const installed = new Map((await installedApps(client)).map(({ id, names }) => [id, names]));
  return matchApp(
    word,
    running.map(({ id, names }) => ({ id, names: [...names, ...(installed.get(id) ?? [])] })),
  );
}
