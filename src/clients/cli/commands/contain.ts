import { RingfenceError } from '../../../domain/errors.ts';
import { type Client, connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { containmentOptions, requestOptions } from '../containment-options.ts';
import { findInstances } from '../find-instances.ts';
import { printStarted } from '../instance-text.ts';

/** `ringfence contain PID|APP` */
export const containCommand: Command = {
  name: 'contain',
  operands: 'PID|APP',
  summary: 'put a fence around a process that runs already, and all its descendants',
  details:
    'An APP is one that runs in a fence already and gets a new one. Memory used so far stays charged to where it was. ' +
    'A profile built on strict is refused: a sandbox cannot be put around a running process.',
  options: {
    'app-id': { type: 'string', value: 'APP', help: 'the application the process belongs to: its settings apply' },
    name: { type: 'string', value: 'NAME', help: "what to call it; the program's name unless told" },
    ...containmentOptions,
  },
  examples: ['ringfence contain --memory-max 4G 12345', 'ringfence contain --cpu-quota 100% "$(pgrep -o firefox)"'],
  async run(words, { environment, terminal }) {
    const [word] = words.positionals;
    if (word === undefined) throw new RingfenceError('InvalidArgument', 'cannot contain: name a process or an app');
    const options = requestOptions(words);
    for (const name of ['app-id', 'name']) {
      const text = words.text(name);
      if (text !== undefined) options.set(name, text);
    }
    const client = await connectClient(environment);
    try {
      for (const { pid, extra } of await targets(word, client)) {
        const path = await client.contain(pid, new Map([...extra, ...options]));
        await printStarted(client, path, words.flag('json'), terminal);
      }
      return 0;
    } finally {
      await client.close();
    }
  },
};

async function targets(word: string, client: Client): Promise<{ pid: number; extra: Map<string, string> }[]> {
  if (/^\d{1,10}$/.test(word) && Number(word) < 2 ** 32) return [{ pid: Number(word), extra: new Map() }];
  return findInstances(await client.instances(), word).map(({ pids, appId, name }) => {
    // The first process of an instance is the one the others come from.
    const [pid = 0] = pids;
    return { pid, extra: new Map(appId === '' ? [['name', name]] : [['app-id', appId]]) };
  });
}
