import { removeEmptyFolders } from '../../../config/io/config-file.ts';
import { connectClient } from '../client.ts';
import type { Command } from '../command.ts';
import { takeBackDisabled } from '../enabled-limits.ts';
import { withApps } from '../name-apps.ts';
import { sayThatHomesStay } from '../own-home.ts';
import { foldersOfEnabled } from '../profile-of-app.ts';
import { printResults } from '../shadow-text.ts';

/** `ringfence disable APP...` */
export const disableCommand: Command = {
  name: 'disable',
  operands: 'APP...|--all',
  summary: 'undo "ringfence enable" for an app',
  options: {
    all: { type: 'boolean', help: 'all apps, including those installed later' },
    'dry-run': { type: 'boolean', help: 'change nothing; show what would change as a diff' },
  },
  details:
    'Every file is as it was before. Limits that "ringfence enable" put into your configuration are removed, unless you have changed them since. The home of a strict app stays.',
  examples: ['ringfence disable firefox', 'ringfence disable --all'],
  async run(words, context) {
    const { environment, terminal } = context;
    const options = new Map<string, string>();
    for (const flag of ['all', 'dry-run']) if (words.flag(flag)) options.set(flag, 'yes');
    const folders = foldersOfEnabled(context);
    const client = await connectClient(environment);
    try {
      const rows = await withApps(words.positionals, client, {
        act: (apps) => client.disableApps(apps, options),
        // An id that is not enabled: it may be a name.
        isUnknown: (row) => row.get('state') === 'unchanged',
        candidates: (apps) => apps.filter(({ row }) => row.get('state') !== 'available'),
      });
      const code = printResults(rows, { json: words.flag('json'), dryRun: words.flag('dry-run') }, terminal);
      if (!words.flag('dry-run')) {
        await takeBackDisabled(rows, words.flag('all'), context);
        // The daemon could not: the record of the limits was still in them.
        removeEmptyFolders(folders);
        const disabled = rows.filter((row) => row.get('state') === 'disabled').map((row) => row.get('app') ?? '');
        sayThatHomesStay(
          [...new Set(disabled)].filter((app) => app !== ''),
          context,
        );
      }
      return code;
    } finally {
      await client.close();
    }
  },
};
