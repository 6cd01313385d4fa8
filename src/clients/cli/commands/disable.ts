import { connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { printResults } from '../shadow-text.ts';

/** `ringfence disable APP...` */
export const disableCommand: Command = {
  name: 'disable',
  operands: 'APP...|--all',
  summary: 'put the usual icon of an app back as it was',
  options: {
    all: { type: 'boolean', help: 'every app, and those installed later' },
    'dry-run': { type: 'boolean', help: 'change nothing; print what would change as a diff' },
  },
  examples: ['ringfence disable firefox', 'ringfence disable --all'],
  async run(words, { environment, terminal }) {
    const options = new Map<string, string>();
    for (const flag of ['all', 'dry-run']) if (words.flag(flag)) options.set(flag, 'yes');
    const client = await connectClient(environment);
    try {
      const rows = await client.disableApps(words.positionals, options);
      return printResults(rows, { json: words.flag('json'), dryRun: words.flag('dry-run') }, terminal);
    } finally {
      await client.close();
    }
  },
};
