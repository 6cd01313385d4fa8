import { configPlaces, readSources } from '../../../config/io/config-store.ts';
import { appKey } from '../../../domain/config/model.ts';
import { readConfig } from '../../../domain/config/read-config.ts';
import { RingfenceError } from '../../../domain/errors.ts';
import { connectClient, type Rows } from '../client.ts';
import type { Command, Context } from '../command.ts';
import { installedApps } from '../installed-apps.ts';
import { didYouMean, matchApp, searchApps } from '../pure/match-app.ts';
import { columns } from '../terminal.ts';

/** `ringfence apps [SEARCH]` */
export const appsCommand: Command = {
  name: 'apps',
  operands: '[SEARCH]',
  summary: 'list installed apps, and which of them are enabled',
  details: 'SEARCH keeps those with this text in their id or their name, in any language.',
  options: { enabled: { type: 'boolean', help: 'list enabled apps only' } },
  examples: ['ringfence apps editor', 'ringfence apps --enabled'],
  async run(words, context) {
    const { environment, terminal } = context;
    const [text] = words.positionals;
    const client = await connectClient(environment);
    try {
      const all = await installedApps(client);
      const found = text === undefined ? all : searchApps(text, all);
      if (text !== undefined && found.length === 0) throw noneHas(text, all);
      const profileOf = profilesOf(context);
      const rows = found
        .map(({ row }) => row)
        .filter((row) => !words.flag('enabled') || row.get('state') !== 'available');
      if (words.flag('json')) terminal.printJson(rows.map((row) => Object.fromEntries(row)));
      else if (rows.length === 0) terminal.warn(words.flag('enabled') ? 'no app enabled yet' : 'no app installed');
      else {
        terminal.print(
          columns(
            rows.map((row) => [
              stateText(row.get('state') ?? '', terminal),
              terminal.paint('bold', (row.get('id') ?? '').replace(/\.desktop$/, '')),
              row.get('name') ?? '',
              [profileOf(row), row.get('note') === 'lost' ? '(its record was lost)' : ''].filter(Boolean).join(' '),
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

function noneHas(text: string, apps: Awaited<ReturnType<typeof installedApps>>): RingfenceError {
  const match = matchApp(text, apps);
  const hint = match.kind === 'none' ? didYouMean(match.near) : '';
  return new RingfenceError('NoSuchApp', `no app has ${JSON.stringify(text)} in its id or name${hint}`);
}

/** The profile that an app is started by from its icon, where it has one of its own: the configuration goes before `enable`. */
function profilesOf(context: Context): (row: Rows[number]) => string | undefined {
  const { config } = readConfig(readSources(configPlaces(context.environment)));
  return (row) => {
    if (row.get('state') === 'available') return undefined;
    const named = config.apps.get(appKey((row.get('id') ?? '').replace(/\.desktop$/, '')))?.profile?.value;
    return named ?? row.get('profile');
  };
}

function stateText(state: string, terminal: Parameters<Command['run']>[1]['terminal']): string {
  if (state === 'enabled') return terminal.paint('green', state);
  return terminal.paint(state === 'available' ? 'dim' : 'yellow', state);
}
