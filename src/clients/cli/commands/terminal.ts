import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RingfenceError } from '../../../domain/errors.ts';
import { openGSettings } from '../../../install/io/gsettings.ts';
import { openTerminalSettings } from '../../../install/io/terminal-settings.ts';
import { disableTerminals, enableTerminals } from '../../../install/terminal-setting.ts';
import type { Command } from '../command.ts';

/** `ringfence terminal enable|disable` */
export const terminalCommand: Command = {
  name: 'terminal',
  operands: 'enable|disable',
  summary: 'give every new tab of GNOME Terminal, Console and Ptyxis a fence of its own, or undo that',
  options: {},
  async run(words, { environment, terminal }) {
    const [what] = words.positionals;
    if (what !== 'enable' && what !== 'disable') {
      throw new RingfenceError('InvalidArgument', 'cannot change the terminals: expected enable or disable');
    }
    const settings = openGSettings(environment);
    const store = openTerminalSettings(environment);
    // Lies beside this program; a terminal looks its command up in a PATH of its own.
    const shell = join(dirname(realpathSync(process.argv[1] ?? '')), 'ringfence-shell');
    const outcomes =
      what === 'enable' ? await enableTerminals(shell, settings, store) : await disableTerminals(settings, store);
    if (words.flag('json')) terminal.printJson(outcomes);
    else if (outcomes.length === 0) terminal.warn(`no terminal here to ${what}`);
    else for (const { terminal: name, state } of outcomes) terminal.print(`${name}: ${state}`);
    return 0;
  },
};
