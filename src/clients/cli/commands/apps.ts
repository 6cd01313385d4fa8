import { connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { columns } from '../terminal.ts';

/** `ringfence apps` */
export const appsCommand: Command = {
  name: 'apps',
  operands: '',
  summary: 'list the installed apps, and which of them start in a fence from their usual icon',
  options: { enabled: { type: 'boolean', help: 'only those that are enabled' } },
  async run(words, { environment, terminal }) {
    const client = await connectClient(environment);
    try {
      const rows = (await client.listApps()).filter(
        (row) => !words.flag('enabled') || row.get('state') !== 'available',
      );
      if (words.flag('json'))
        terminal.print(
          JSON.stringify(
            rows.map((row) => Object.fromEntries(row)),
            null,
            2,
          ),
        );
      else if (rows.length === 0) terminal.warn(words.flag('enabled') ? 'no app is enabled' : 'no apps are installed');
      else {
        terminal.print(
          columns(
            rows.map((row) => [
              stateText(row.get('state') ?? '', terminal),
              terminal.paint('bold', (row.get('id') ?? '').replace(/\.desktop$/, '')),
              row.get('name') ?? '',
              row.get('profile') ?? '',
            ]),
          ),
        );
      }
      return 0;
    } finally {
      await client.close();
    }
  },
};

function stateText(state: string, terminal: Parameters<Command['run']>[1]['terminal']): string {
  if (state === 'enabled') return terminal.paint('green', state);
  return terminal.paint(state === 'available' ? 'dim' : 'yellow', state);
}
