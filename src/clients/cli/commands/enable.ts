import { openTerminalSettings } from '../../../install/io/terminal-settings.ts';
import { type Client, connectClient, type Rows } from '../client.ts';
import type { Command } from '../command.ts';
import { limitOptions } from '../containment-options.ts';
import { keepEnabled, previewLimits, readLimits } from '../enabled-limits.ts';
import { keepProfile } from '../enabled-profile.ts';
import { warnOfConfig } from '../instance-text.ts';
import { withApps } from '../name-apps.ts';
import { sayWhereDataIs } from '../own-home.ts';
import { printResults } from '../shadow-text.ts';
import type { Terminal } from '../terminal.ts';

/** Apps that move what runs in their tabs into scopes of their own, with the names that `ringfence terminal` has for them. */
const terminals = [
  ['org.gnome.Terminal.desktop', 'GNOME Terminal'],
  ['org.gnome.Console.desktop', 'Console'],
  ['org.gnome.Ptyxis.desktop', 'Ptyxis'],
] as const;

/** `ringfence enable APP...` */
export const enableCommand: Command = {
  name: 'enable',
  operands: 'APP...|--all',
  summary: 'start an app in a fence from its usual icon',
  details:
    'Writes a desktop entry with the same id into your own applications folder, so that the dock, the overview, xdg-open and file managers start the app through Ringfence. Limits are saved in your configuration, as by "ringfence config set". "ringfence disable" undoes all of it.',
  options: {
    all: { type: 'boolean', help: 'all apps in the menu, including those installed later' },
    profile: {
      type: 'string',
      value: 'NAME',
      help: 'profile for these apps; with --all, for those that your configuration names none for',
    },
    ...limitOptions,
    autostart: { type: 'boolean', help: 'also their autostart entries' },
    'dry-run': { type: 'boolean', help: 'change nothing; show what would change as a diff' },
  },
  examples: [
    'ringfence enable firefox "Text Editor"',
    'ringfence enable --memory-max 4G firefox',
    'ringfence enable --all --dry-run',
  ],
  async run(words, context) {
    const { environment, terminal } = context;
    const limits = readLimits(words, context);
    const options = new Map<string, string>();
    for (const flag of ['all', 'autostart', 'dry-run']) if (words.flag(flag)) options.set(flag, 'yes');
    const profile = words.text('profile');
    if (profile !== undefined) options.set('profile', profile);
    const client = await connectClient(environment);
    try {
      const rows = await withApps(words.positionals, client, {
        act: (apps) => client.enableApps(apps, options),
        isUnknown: (row) => row.get('error') === 'NoSuchApp',
        candidates: (apps) => apps,
      });
      const dryRun = words.flag('dry-run');
      const told = dryRun ? [...rows, ...previewLimits(rows, limits, context)] : rows;
      const code = printResults(told, { json: words.flag('json'), dryRun }, terminal);
      const isEnabled = (app: string) => rows.some((row) => row.get('app') === app && row.get('state') === 'enabled');
      for (const [, name] of terminals.filter(([app]) => isEnabled(app))) {
        if (
          openTerminalSettings(environment)
            .read()
            .some((one) => one.terminal === name)
        )
          continue;
        terminal.warn(`${name}: tabs leave the fence of the app; "ringfence terminal enable" gives each tab its own`);
      }
      if (!dryRun) {
        if (profile !== undefined && !words.flag('all')) await keepProfile(rows, profile, context);
        await keepEnabled(rows, limits, context);
        if (sayWhereDataIs(enabledIn(rows), context)) await warnOfSandbox(client, terminal);
        sayWhenSeen(rows, terminal);
      }
      await warnOfConfig(client, terminal);
      return code;
    } finally {
      await client.close();
    }
  },
};

function enabledIn(rows: Rows): string[] {
  const apps = rows.filter((row) => row.get('state') === 'enabled').map((row) => row.get('app') ?? '');
  return [...new Set(apps)].filter((app) => app !== '');
}

/** An icon that starts nothing any more is told about before it is clicked. */
async function warnOfSandbox(client: Client, terminal: Terminal): Promise<void> {
  const capabilities = ((await client.properties()).get('Capabilities') ?? []) as Rows;
  const sandbox = capabilities.find((row) => row.get('name') === 'sandbox' && row.get('available') === 'no');
  if (sandbox === undefined) return;
  terminal.warn(`ringfence: strict starts nothing here: ${sandbox.get('reason')} (${sandbox.get('fix')})`);
}

/** GNOME Shell reads entries again some five seconds after the last change of their folder. */
function sayWhenSeen(rows: Rows, terminal: Terminal): void {
  if (!rows.some((row) => row.get('state') === 'enabled')) return;
  terminal.warn('The desktop may take a few seconds to notice.');
}
