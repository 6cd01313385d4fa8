import { RingfenceError } from '../../core/errors.ts';
import { connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { containmentOptions, requestOptions } from '../containment-options.ts';
import { printStarted } from '../instance-text.ts';

/** `ringfence run [--] COMMAND [ARGUMENT...]` */
export const runCommand: Command = {
  name: 'run',
  operands: '[--] COMMAND [ARGUMENT...]',
  summary: 'start any command in a fence of its own',
  details: 'The command gets the environment and the working directory of this shell; its output goes to the journal.',
  options: {
    'app-id': { type: 'string', value: 'APP', help: 'the application the command belongs to: its settings apply' },
    ...containmentOptions,
  },
  examples: ['ringfence run --memory-max 1G --cpu-quota 50% -- make -j8'],
  stopsAtOperand: true,
  async run(words, { environment, workingDirectory, terminal }) {
    if (words.positionals.length === 0) throw new RingfenceError('InvalidArgument', 'cannot run: no command given');
    const options = requestOptions(words);
    options.set('working-directory', workingDirectory);
    const appId = words.text('app-id');
    if (appId !== undefined) options.set('app-id', appId);
    const variables = new Map(
      Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const client = await connectClient(environment);
    try {
      const path = await client.run(words.positionals, variables, options);
      await printStarted(client, path, words.flag('json'), terminal);
      return 0;
    } finally {
      await client.close();
    }
  },
};
