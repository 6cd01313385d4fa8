import { uninstall } from '../../install/uninstall.ts';
import { wireInstall } from '../../install/wire-install.ts';
import type { Command } from '../command.ts';
import { changesText, entriesText } from '../install-text.ts';

/** `ringfence uninstall` */
export const uninstallCommand: Command = {
  name: 'uninstall',
  operands: '',
  summary: 'take back everything that "ringfence install" and "ringfence enable" wrote',
  details:
    'Puts all desktop entries back first, then stops the daemon and removes its files. Apps that run go on. Your configuration\n' +
    'and files that you edited stay, and are named. Exit code 1: something stayed.',
  options: { 'dry-run': { type: 'boolean', help: 'change nothing; print what would change' } },
  async run(words, { environment, terminal, version }) {
    const dryRun = words.flag('dry-run');
    const wiring = await wireInstall(environment, version);
    try {
      const { installed, entries, changes } = await uninstall(dryRun, wiring);
      const stays =
        changes.some(({ change }) => change === 'kept') ||
        entries.some(({ state }) => state === 'edited' || state === 'failed');
      if (words.flag('json')) {
        terminal.print(JSON.stringify({ installed, entries, changes }, null, 2));
        return stays ? 1 : 0;
      }
      const text = [entriesText(entries, dryRun, terminal), changesText(changes, dryRun, terminal)]
        .filter(Boolean)
        .join('\n');
      if (text !== '') terminal.print(text);
      if (!installed)
        terminal.print(`Ringfence is not installed for you${text === '' ? '; there is nothing to do' : ''}.`);
      else if (!dryRun) terminal.print('Ringfence is uninstalled. Apps that run go on.');
      return stays ? 1 : 0;
    } finally {
      await wiring.close();
    }
  },
};
