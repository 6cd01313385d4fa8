import { isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { type Client, connectClient, type InstanceView } from './client.ts';
import type { Context, Words } from './command.ts';
import { lookForInstances } from './find-instances.ts';

/** Does something with a connection to the daemon. */
export async function withClient<T>(
  { environment }: Pick<Context, 'environment'>,
  act: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectClient(environment);
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

/**
 * The words that name instances.
 * @throws RingfenceError InvalidArgument when there is none
 */
export function instanceWords(words: readonly string[]): readonly string[] {
  if (words.length > 0) return words;
  throw new RingfenceError('InvalidArgument', 'no app, unit or process given (see "ringfence list")');
}

/**
 * Does the same to every instance that the words name; with --json they are told. A word that names none is an error, once the others
 * are through.
 */
export async function forEachNamed(
  words: Words,
  context: Context,
  act: (client: Client, instance: InstanceView) => Promise<void>,
): Promise<void> {
  await withClient(context, async (client) => {
    const { instances, missing } = await lookForInstances(client, instanceWords(words.positionals));
    await toEach(instances, (one) => act(client, one));
    if (words.flag('json') && instances.length > 0) context.terminal.printJson(instances.map(instanceKey));
    throwMissing(
      missing.map(({ error }) => error),
      context,
    );
  });
}

/** The last of them ends the command; the others are told before. */
export function throwMissing(missing: readonly RingfenceError[], { terminal }: Pick<Context, 'terminal'>): void {
  for (const { message } of missing.slice(0, -1)) terminal.warn(`ringfence: ${message}`);
  const last = missing.at(-1);
  if (last !== undefined) throw last;
}

/**
 * All at once: each may take its time. One that has ended since it was found is no failure where there are others. Throws what the first
 * has thrown, once all are through.
 */
export async function toEach<T>(targets: readonly T[], act: (target: T) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(targets.map((one) => act(one)));
  const failures = outcomes.filter((one) => one.status === 'rejected');
  const isAll = failures.length === targets.length;
  const failure = failures.find(({ reason }) => !hasEnded(reason)) ?? (isAll ? failures[0] : undefined);
  if (failure !== undefined) throw failure.reason;
}

/** For what is to end anyway: that it has ended since it was found is as well. */
export function unlessEnded(error: unknown): void {
  if (!hasEnded(error)) throw error;
}

function hasEnded(error: unknown): boolean {
  return isRingfenceError(error, 'NoSuchInstance');
}

/** What tells an instance from others, in JSON. */
export function instanceKey({ path, appId, unit }: InstanceView): Record<string, string> {
  return { instance: path, app: appId, unit };
}
