import { delimiter, dirname, join } from 'node:path';
import { RingfenceError } from '../../../domain/errors.ts';
import { install } from '../../../install/install.ts';
import { openGSettings } from '../../../install/io/gsettings.ts';
import { probeWindow } from '../../../install/io/probe-window.ts';
import { openTerminalSettings } from '../../../install/io/terminal-settings.ts';
import { judgeWindowHost } from '../../../install/pure/window-host.ts';
import { enableTerminals } from '../../../install/terminal-setting.ts';
import { wireInstall } from '../../../install/wire-install.ts';
import type { Command } from '../command.ts';
import { desiredPlaces } from '../desired-places.ts';
import { changesText, wouldText } from '../install-text.ts';

const nextStep = 'Next: "ringfence apps" lists your apps; "ringfence enable APP" fences one.';

/** `ringfence install`, for the program that runs (its path) and all commands there are. */
export function installCommand(
  program: string | undefined,
  commands: () => readonly Command[],
  isPackaged: boolean,
): Command {
  return {
    name: 'install',
    operands: '',
    summary: 'install Ringfence for yourself, without root, and start it',
    details:
      'Copies the programs to $XDG_DATA_HOME/ringfence, links them in ~/.local/bin, and puts the user unit, the D-Bus activation\n' +
      'file, man pages, shell completions and, where gjs and libadwaita are installed, the window into your own folders. Files that\n' +
      'you made or edited stay and are listed.\n' +
      'Run it again to repair an installation, or from a newer package to update it.',
    statusOne: 'some files could not be installed, or the daemon does not answer',
    options: {
      'dry-run': { type: 'boolean', help: 'change nothing; list what would change' },
      diff: { type: 'boolean', help: 'like --dry-run, with the changes in each file' },
      terminal: {
        type: 'boolean',
        help: 'also run "ringfence terminal enable"',
      },
    },
    examples: ['dist/ringfence install', 'ringfence install --dry-run'],
    async run(words, { environment, terminal, version }) {
      if (isPackaged) {
        throw new RingfenceError(
          'InvalidArgument',
          'cannot install: it is installed for all users of this machine already; go on with "ringfence enable APP"',
        );
      }
      const diff = words.flag('diff');
      const dryRun = words.flag('dry-run') || diff;
      const wiring = await wireInstall(environment, version);
      try {
        const noWindow = judgeWindowHost(await probeWindow(environment));
        const desired = desiredPlaces(wiring.places, program, commands(), noWindow === undefined);
        const outcome = await install(desired, version, dryRun, wiring);
        const { changes, problem, running } = outcome;
        const isWhole = problem === undefined && !changes.some(({ change }) => change === 'kept');
        const shell = join(wiring.places.bin, 'ringfence-shell');
        const terminals =
          dryRun || !words.flag('terminal')
            ? []
            : await enableTerminals(shell, openGSettings(environment), openTerminalSettings(environment));
        if (words.flag('json')) {
          terminal.printJson({
            ...{ version, ...outcome },
            ...(words.flag('terminal') ? { terminals } : {}),
            ...(noWindow === undefined ? {} : { noWindow }),
          });
          return isWhole ? 0 : 1;
        }
        if (changes.length > 0 && noWindow !== undefined)
          terminal.print(`Without the window: ${noWindow.reason}. To have it, ${noWindow.fix} and install again.`);
        if (changes.length > 0) terminal.print(changesText(changes, wiring.places, { diff, dryRun }, terminal));
        if (dryRun) {
          if (changes.length === 0) terminal.print(`Nothing to do: Ringfence ${version} is installed.`);
          else if (!diff)
            terminal.print(`Nothing was changed: this ${wouldText(changes)}. --diff shows their contents.`);
          return isWhole ? 0 : 1;
        }
        const done = changes.some(({ change }) => change !== 'kept') ? 'is installed' : 'was already installed';
        terminal.print(`Ringfence ${version} ${done}${running === version ? ' and answers on the bus' : ''}.`);
        if (words.flag('terminal')) {
          for (const { terminal: name, state } of terminals) terminal.print(`${name}: ${state}`);
          if (terminals.length === 0) terminal.warn('ringfence: no terminal here whose tabs could be fenced');
        }
        if (problem !== undefined) terminal.warn(`ringfence: ${problem}`);
        if (wiring.unit === undefined) terminal.warn('ringfence: no session here; the daemon starts when you log in');
        if (!(environment['PATH'] ?? '').split(delimiter).includes(wiring.places.bin)) {
          terminal.warn(`ringfence: ${wiring.places.bin} is not in your PATH; log in again, or add it in ~/.profile`);
        }
        const script = changes.find(({ path, change }) => path.endsWith('/_ringfence') && change === 'created');
        if (script !== undefined && environment['SHELL']?.endsWith('/zsh')) {
          terminal.warn(
            `ringfence: for completion, put "fpath=(${dirname(script.path)} $fpath)" above compinit in ~/.zshrc`,
          );
        }
        const isFirst = changes.some(({ path, change }) => path === wiring.places.unit && change === 'created');
        if (isFirst && running === version) terminal.print(nextStep);
        return isWhole ? 0 : 1;
      } finally {
        await wiring.close();
      }
    },
  };
}
