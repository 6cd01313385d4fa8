import { execFile } from 'node:child_process';
import { RingfenceError } from '../../domain/errors.ts';
import { logEvents, logFields } from '../../domain/log-events.ts';
import type { Client } from './client.ts';
import { installedApps } from './installed-apps.ts';
import { matchApp } from './pure/match-app.ts';
import { spanText } from './pure/readable.ts';

/** The same error for an app that does not run, with how it ended last, as far as the journal has it. */
export async function withLastEnd(
  error: RingfenceError,
  word: string,
  client: Pick<Client, 'listApps'>,
): Promise<RingfenceError> {
  const match = matchApp(word, await installedApps(client));
  const app = match.kind === 'one' ? `${match.app.id}.desktop` : word;
  const end = await lastEnd(app);
  if (end === undefined) return error;
  const span = spanText((Date.now() - end.at) / 1000);
  const way = `what it printed: journalctl --user -u ${end.unit}`;
  return new RingfenceError('NoSuchInstance', `${error.message}; ${span} ago ${end.message}; ${way}`, { cause: error });
}

/** Undefined where no journal tells; `at`: ms since 1970. */
function lastEnd(app: string): Promise<{ message: string; unit: string; at: number } | undefined> {
  const fields = [`MESSAGE_ID=${logEvents['instance-ended'].messageId}`, `${logFields.app.field}=${app}`];
  const words = ['--user', '--quiet', '--no-pager', '--all', '--output=json', '--lines=1', ...fields];
  return new Promise((resolve) => {
    execFile('journalctl', words, { timeout: longestWait }, (_error, text) => {
      try {
        const entry: Partial<Record<string, unknown>> = JSON.parse(text);
        const [message, unit] = [entry['MESSAGE'], entry[logFields.unit.field]];
        const at = Number(entry['__REALTIME_TIMESTAMP']) / 1000;
        resolve(typeof message === 'string' && typeof unit === 'string' && at > 0 ? { message, unit, at } : undefined);
      } catch {
        resolve(undefined);
      }
    });
  });
}

/** In ms: a journal may be large, and its disk slow. */
const longestWait = 3000;
