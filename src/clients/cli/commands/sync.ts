import { connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { printResults } from '../shadow-text.ts';

/** `ringfence sync` */
export const syncCommand: Command = {
  name: 'sync',
  operands: '',
  summary: 'update the desktop entries of enabled apps',
  details: 'The daemon does this by itself when it starts and whenever an app is installed, updated or removed.',
  options: { 'dry-run': { type: 'boolean', help: 'change nothing; show what would change as a diff' } },
  async run(words, { environment, terminal }) {
    const client = await connectClient(environment);
    try {
      const rows = await client.syncApps(new Map(words.flag('dry-run') ? [['dry-run', 'yes']] : []));
      return printResults(rows, { json: words.flag('json'), dryRun: words.flag('dry-run') }, terminal);
    } finally {
      await client.close();
    }
  },
};
