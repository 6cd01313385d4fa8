import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** sd_journal_sendv(3): a priority and "FIELD=value" texts; 0, or a negative errno. */
export type JournalSend = (priority: number, ...fields: string[]) => number;

/**
 * Loads the binding of the optional package systemd-journald; undefined where it is not installed, was not built, or was built
 * for another node. The package's own JavaScript is left aside: it drops sd_journal_sendv's result.
 *
 * The package is looked for beside the running program and in the package that it belongs to, and nowhere above: what lies in
 * folders around an installation may be anybody's.
 */
export function loadJournalSend(program: string | undefined = process.argv[1]): JournalSend | undefined {
  try {
    const own = realpathSync(program ?? process.execPath);
    const places = [dirname(own), dirname(dirname(own))].map((folder) =>
      join(folder, 'node_modules/systemd-journald/build/Release/journal_send.node'),
    );
    const file = places.find((place) => existsSync(place));
    if (file === undefined) return undefined;
    const binding = createRequire(own)(file) as { send?: unknown };
    return typeof binding.send === 'function' ? (binding.send as JournalSend) : undefined;
  } catch {
    return undefined;
  }
}
