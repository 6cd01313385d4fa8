import { RingfenceError } from '../../../domain/errors.ts';
import { type Client, connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { containmentOptions, requestOptions } from '../containment-options.ts';
import { findInstances } from '../find-instances.ts';
import { printStarted } from '../instance-text.ts';
import { appIdOf } from '../name-app.ts';

/** `ringfence contain PID|APP` */
export const containCommand: Command = {
  name: 'contain',
  operands: 'PID|APP',
  summary: 'put a running process and its descendants into a fence',
  details:
    'An APP that runs in a fence already gets a new one. Memory used so far stays charged to where it was. ' +
    'Profiles built on strict are refused: a sandbox cannot be put around a running process.',
  options: {
    'app-id': { type: 'string', value: 'APP', help: 'treat the process as part of this app: its settings apply' },
    name: { type: 'string', value: 'NAME', help: "name of the instance (default: the program's name)" },
    ...containmentOptions,
  },
  examples: ['ringfence contain --memory-max 4G 12345', 'ringfence contain --cpu-quota 100% "$(pgrep -o firefox)"'],
  async run(words, { environment, terminal }) {
    const [word] = words.positionals;
    if (word === undefined) throw new RingfenceError('InvalidArgument', 'cannot contain: no process or app given');
    const options = requestOptions(words);
    const name = words.text('name');
    if (name !== undefined) options.set('name', name);
    const app = words.text('app-id');
    if (app !== undefined) options.set('app-id', await appIdOf(app, { environment }));
    const client = await connectClient(environment);
    try {
      if (isPid(word)) {
        await printStarted(client, await client.contain(Number(word), options), words.flag('json'), terminal);
        return 0;
      }
      const paths: string[] = [];
      for (const { pid, extra } of await targets(word, client)) {
        paths.push(await client.contain(pid, new Map([...extra, ...options])));
      }
      await printStarted(client, paths, words.flag('json'), terminal);
      return 0;
    } finally {
      await client.close();
    }
  },
};

async function targets(word: string, client: Client): Promise<{ pid: number; extra: Map<string, string> }[]> {
  return (await findInstances(client, word)).flatMap(({ pids: [pid], appId, name }) =>
    // The first process of an instance is the one the others come from; one without any is about to end.
    pid === undefined ? [] : [{ pid, extra: new Map(appId === '' ? [['name', name]] : [['app-id', appId]]) }],
  );
}

function isPid(word: string): boolean {
  return /^\d{1,10}$/.test(word) && Number(word) < 2 ** 32;
}
