import { join } from 'node:path';
import { sessionBusAddress, socketPaths } from '../platform/dbus/address.ts';
import type { ObjectTree } from '../platform/dbus/dispatcher.ts';
import { makePipes } from '../platform/process/make-pipes.ts';
import { type ClickPipes, openClickPipes } from './clicks/click-pipes.ts';
import type { ClickOutcome, ClickRequest } from './clicks/click-request.ts';

/** What the pipes lead to. */
export interface ClickTarget {
  readonly tree: Pick<ObjectTree, 'answer'>;
  readonly path: string;
  readonly interface: string;
}

/**
 * The short way for clicks, answered by the very methods that the bus reaches. Undefined for a daemon on another bus than the
 * user's own: clients find the pipes by the runtime folder, and it is that bus they stand for.
 * @throws whatever the folder or mkfifo(1) says; clicks then go over the bus
 */
export async function wireClicks(
  environment: Readonly<Record<string, string | undefined>>,
  target: ClickTarget,
): Promise<ClickPipes | undefined> {
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  const [bus, ...others] = socketPaths(sessionBusAddress(environment));
  if (!runtime.startsWith('/') || bus !== `${runtime}/bus` || others.length > 0) return undefined;
  return openClickPipes({
    folder: join(runtime, 'ringfence', 'clicks'),
    pid: process.pid,
    makePipes,
    answer: (request, slot) => answerClick(request, slot, target),
  });
}

async function answerClick(
  { member, signature, args }: ClickRequest,
  slot: number,
  { tree, path, interface: iface }: ClickTarget,
): Promise<ClickOutcome> {
  if (member !== 'Launch' && member !== 'Run') return 'pass';
  const sender = `:click.${slot}`;
  const reply = await tree.answer({
    sender,
    path,
    interface: iface,
    member,
    signature,
    bytes: 0,
    decode: () => [...args],
  });
  if ('errorName' in reply) return reply;
  return { instance: String(reply.body[0]) };
}
