import { RingfenceError } from '../../domain/errors.ts';
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

/** All at once: each may take its time. Throws what the first has thrown, once all are through. */
export async function toEach(
  instances: readonly InstanceView[],
  act: (instance: InstanceView) => Promise<void>,
): Promise<void> {
  const outcomes = await Promise.allSettled(instances.map((one) => act(one)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** What tells an instance from others, in JSON. */
export function instanceKey({ path, appId, unit }: InstanceView): Record<string, string> {
  return { instance: path, app: appId, unit };
}
