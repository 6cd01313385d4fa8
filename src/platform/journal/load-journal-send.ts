import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

/** sd_journal_sendv(3): a priority and "FIELD=value" texts; 0, or a negative errno. */
export type JournalSend = (priority: number, ...fields: string[]) => number;

/**
 * Loads the binding of the optional package systemd-journald; undefined where it is not installed, was not built, or was built
 * for another node. The package's own JavaScript is left aside: it drops sd_journal_sendv's result.
 *
 * The package is looked for from the running program, so that a bundle finds it beside itself.
 */
export function loadJournalSend(program: string | undefined = process.argv[1]): JournalSend | undefined {
  try {
    const require = createRequire(realpathSync(program ?? process.execPath));
    const binding = require('systemd-journald/build/Release/journal_send.node') as { send?: unknown };
    return typeof binding.send === 'function' ? (binding.send as JournalSend) : undefined;
  } catch {
    return undefined;
  }
}
