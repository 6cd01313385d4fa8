import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isRingfenceError, RingfenceError } from '../../../domain/errors.ts';
import { xdgFolders } from '../../../domain/xdg-folders.ts';
import type { InstallChange } from '../../../install/changes.ts';
import { findInstallations } from '../../../install/io/find-installations.ts';
import { openGSettings } from '../../../install/io/gsettings.ts';
import { openTerminalSettings } from '../../../install/io/terminal-settings.ts';
import type { DesiredPlace } from '../../../install/pure/desired.ts';
import type { InstallPlaces } from '../../../install/pure/places.ts';
import { disableTerminals, enableTerminals, type TerminalOutcome } from '../../../install/terminal-setting.ts';
import { uninstall } from '../../../install/uninstall.ts';
import { wireInstall } from '../../../install/wire-install.ts';
import { manifestPath } from '../../../shadows/pure/manifest.ts';
import { staysInUse } from '../../../shadows/shadow-results.ts';
import type { Command, Context } from '../command.ts';
import { desiredPlaces } from '../desired-places.ts';
import { takeBackDisabled } from '../enabled-limits.ts';
import { changesText, entriesText } from '../install-text.ts';
import { homesThatStay, settingsThatStay } from '../own-home.ts';

/** `ringfence uninstall`, for the program that runs (its path) and all commands there are. */
export function uninstallCommand(program: string | undefined, commands: () => readonly Command[]): Command {
  return {
    name: 'uninstall',
    operands: '',
    summary: 'undo "ringfence install" and "ringfence enable"',
    details:
      'Restores all desktop entries and terminals first, then stops the daemon and removes its files. Running apps keep running. Your\n' +
      'configuration stays, but for limits that "ringfence enable" put there; files that you have edited stay and are listed.',
    statusOne: 'something was left in place',
    options: {
      'keep-enabled': {
        type: 'boolean',
        help: 'keep apps, limits and terminals enabled, for a packaged Ringfence to take over',
      },
      'dry-run': { type: 'boolean', help: 'change nothing; list what would change' },
      diff: { type: 'boolean', help: 'like --dry-run, with the changes in each file' },
    },
    async run(words, context) {
      const { environment, terminal, version } = context;
      const diff = words.flag('diff');
      const dryRun = words.flag('dry-run') || diff;
      const wiring = await wireInstall(environment, version);
      try {
        // Before the shell they name is gone: a terminal whose command does not exist opens no tab.
        const shared = words.flag('keep-enabled') ? sharedShell(wiring.places) : undefined;
        const terminals = await restoreTerminals(dryRun, environment, shared);
        const limitsStay = !dryRun && shared === undefined && !(await takeBackAll(context));
        const {
          installed,
          entries,
          changes: files,
        } = await uninstall(
          installable(() => desiredPlaces(wiring.places, program, commands(), true)),
          { dryRun, keepEnabled: shared !== undefined },
          wiring,
        );
        const isLeft = entries.some((one) => one.state === 'edited' || staysInUse(one));
        const changes = [...files, ...(dryRun || !isLeft ? [] : recordThatStays(environment))];
        const stays =
          limitsStay ||
          changes.some(({ change }) => change === 'kept') ||
          isLeft ||
          entries.some(({ state }) => state === 'failed');
        if (words.flag('json')) {
          terminal.printJson({ installed, entries, terminals, changes });
          return stays ? 1 : 0;
        }
        for (const { terminal: name, state } of terminals)
          terminal.print(`${name}: ${dryRun ? 'would be ' : ''}${state}`);
        const format = { diff, dryRun };
        const text = [entriesText(entries, format, terminal), changesText(changes, wiring.places, format, terminal)]
          .filter(Boolean)
          .join('\n');
        if (text !== '') terminal.print(text);
        if (!installed)
          terminal.print(`Ringfence is not installed for you${text === '' ? '; there is nothing to do' : ''}.`);
        else if (dryRun) terminal.print('Nothing was changed.');
        else if (shared !== undefined)
          terminal.print('Ringfence is uninstalled from your own folders; the shared one takes over.');
        else
          terminal.print(
            `Ringfence is uninstalled${stays ? ', but not all of it: see above' : ''}. Running apps keep running.`,
          );
        const homes = homesThatStay(context);
        if (homes !== undefined) terminal.warn(homes);
        const settings = shared === undefined ? settingsThatStay(context) : undefined;
        if (settings !== undefined) terminal.warn(settings);
        return stays ? 1 : 0;
      } finally {
        await wiring.close();
      }
    },
  };
}

/** What tells us of the entries that the user has edited. */
function recordThatStays(environment: Context['environment']): InstallChange[] {
  const path = manifestPath(xdgFolders(environment).data ?? '');
  if (!existsSync(path)) return [];
  return [{ path, change: 'kept', reason: 'it is the record of what stays; delete it together with that' }];
}

/** What lost its note is found by what would be written. A package that is not whole any more takes back what is noted. */
function installable(read: () => DesiredPlace[]): DesiredPlace[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** What "enable" has put into the configuration; false where that cannot be changed now. */
async function takeBackAll(context: Context): Promise<boolean> {
  try {
    await takeBackDisabled([], true, context);
    return true;
  } catch (error) {
    if (!isRingfenceError(error)) throw error;
    context.terminal.warn(`ringfence: ${error.message}`);
    return false;
  }
}

/**
 * The shell of the Ringfence that all users share.
 * @throws RingfenceError InvalidArgument when there is none
 */
function sharedShell(places: InstallPlaces): string {
  const { shared } = findInstallations(places);
  if (shared !== undefined) return join(shared.folder, '../../bin/ringfence-shell');
  throw new RingfenceError(
    'InvalidArgument',
    'cannot keep apps enabled: there is no other Ringfence on this machine to take over; install the package first',
  );
}

/** Or, where there is a shell to go on with, has it in the place of ours. */
async function restoreTerminals(
  dryRun: boolean,
  environment: Context['environment'],
  shell: string | undefined,
): Promise<TerminalOutcome[]> {
  const store = openTerminalSettings(environment);
  if (shell !== undefined) {
    return dryRun || store.read().length === 0 ? [] : enableTerminals(shell, openGSettings(environment), store);
  }
  if (!dryRun) return disableTerminals(openGSettings(environment), store);
  return [...new Set(store.read().map(({ terminal }) => terminal))].map((name) => ({
    terminal: name,
    state: 'disabled',
  }));
}
