import { constants } from 'node:os';
import { RingfenceError } from '../../../domain/errors.ts';
import { type Client, connectClient, type InstanceView } from '../client.ts';
import type { Command, Context, Words } from '../command.ts';
import { findInstances } from '../find-instances.ts';
import { instanceDetails, instanceJson, instanceTable } from '../instance-text.ts';

/** `ringfence list` */
export const listCommand: Command = {
  name: 'list',
  operands: '',
  summary: 'list what runs in a fence now',
  options: {},
  async run(words, context) {
    const instances = await withClient(context, (client) => client.instances());
    if (words.flag('json')) context.terminal.print(JSON.stringify(instances.map(instanceJson), null, 2));
    else if (instances.length === 0) context.terminal.warn('nothing is running in a fence');
    else context.terminal.print(instanceTable(instances, context.terminal));
    return 0;
  },
};

/** `ringfence show INSTANCE` */
export const showCommand: Command = {
  name: 'show',
  operands: 'APP|UNIT',
  summary: 'show the fence of an instance: what was asked, what the kernel enforces, and what it does not',
  options: {},
  async run(words, context) {
    const word = operand(words);
    const instances = await withClient(context, async (client) => findInstances(await client.instances(), word));
    if (words.flag('json')) context.terminal.print(JSON.stringify(instances.map(instanceJson), null, 2));
    else context.terminal.print(instances.map((one) => instanceDetails(one, context.terminal)).join('\n\n'));
    return 0;
  },
};

/** `ringfence stop INSTANCE` */
export const stopCommand: Command = {
  name: 'stop',
  operands: 'APP|UNIT',
  summary: 'end an instance: SIGTERM to all of it, and SIGKILL to what is left after the timeout',
  options: { timeout: { type: 'string', value: 'SECONDS', help: 'how long to wait before the kill; 10 unless told' } },
  async run(words, context) {
    const seconds = Number(words.text('timeout') ?? '10');
    if (!(seconds >= 0 && seconds <= 4_000_000)) {
      throw new RingfenceError(
        'InvalidArgument',
        `cannot stop: the timeout "${words.text('timeout')}" is not a number of seconds`,
      );
    }
    await forEachNamed(words, context, (client, { path }) => client.stop(path, Math.round(seconds * 1000)));
    return 0;
  },
};

/** `ringfence kill INSTANCE` */
export const killCommand: Command = {
  name: 'kill',
  operands: 'APP|UNIT',
  summary: 'send a signal to every process of an instance',
  options: { signal: { type: 'string', short: 's', value: 'SIGNAL', help: 'a name or number; SIGKILL unless told' } },
  async run(words, context) {
    const signal = signalNumber(words.text('signal') ?? 'SIGKILL');
    await forEachNamed(words, context, (client, { path }) => client.kill(path, signal));
    return 0;
  },
};

function signalNumber(text: string): number {
  const names: Readonly<Record<string, number>> = constants.signals;
  const upper = text.toUpperCase();
  const number = /^\d+$/.test(text) ? Number(text) : (names[upper] ?? names[`SIG${upper}`]);
  if (number === undefined || number < 1 || number > 64) {
    throw new RingfenceError(
      'InvalidArgument',
      `cannot send "${text}": no such signal (1 to 64, or a name such as TERM)`,
    );
  }
  return number;
}

async function forEachNamed(
  words: Words,
  context: Context,
  act: (client: Client, instance: InstanceView) => Promise<void>,
): Promise<void> {
  const word = operand(words);
  await withClient(context, async (client) => {
    for (const instance of findInstances(await client.instances(), word)) await act(client, instance);
  });
}

function operand(words: Words): string {
  const [word] = words.positionals;
  if (word === undefined)
    throw new RingfenceError(
      'InvalidArgument',
      'cannot choose an instance: name an app or a unit (see "ringfence list")',
    );
  return word;
}

async function withClient<T>(context: Context, act: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectClient(context.environment);
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}
