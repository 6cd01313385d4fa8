import { parseDesktopId } from '../../domain/desktop-id.ts';
import { type ErrorCode, isRingfenceError, RingfenceError } from '../../domain/errors.ts';
import { openAppCatalog } from '../../platform/desktop/app-catalog.ts';
import { type Client, connectClient } from './client.ts';
import type { Context } from './command.ts';
import { installedApps } from './installed-apps.ts';
import { describeApp, matchApp, type NamedApp, wayOutOf } from './pure/match-app.ts';

/**
 * Does something with the app that a word names. The word is taken for an id first, so that an id means the same whatever else
 * is installed; only one that is not installed is looked for among the apps' names. The daemon is asked once: it logs what it
 * refuses.
 * @throws RingfenceError NoSuchApp or, for a word that can be no id, InvalidArgument, with what was perhaps meant
 */
export async function withApp<T>(
  word: string,
  client: Client,
  { environment }: Pick<Context, 'environment'>,
  act: (id: string) => Promise<T>,
): Promise<T> {
  const fault = faultAsId(word);
  if (fault !== undefined) return act(chooseApp(word, await installedApps(client), fault).id);
  if (isInstalled(word, environment)) return act(word);
  const match = matchApp(word, await installedApps(client));
  if (match.kind === 'one') return act(match.app.id);
  if (match.kind === 'several') throw unclear(word, match.apps);
  // The daemon may know of folders that this environment does not.
  return act(word).catch((error: unknown) => {
    throw isRingfenceError(error, 'NoSuchApp') ? withHint(error, match.near) : error;
  });
}

/**
 * The id of the installed app that a word names, for what would take any id.
 * @throws RingfenceError NoSuchApp, with what was perhaps meant
 */
export async function appIdOf(word: string, { environment }: Pick<Context, 'environment'>): Promise<string> {
  const fault = faultAsId(word);
  if (fault === undefined && isInstalled(word, environment)) return word;
  const client = await connectClient(environment);
  try {
    return chooseApp(word, await installedApps(client), fault ?? notFound(word)).id;
  } finally {
    await client.close();
  }
}

/**
 * The one app that a word means.
 * @throws RingfenceError NoSuchApp: the candidates where there are several; `missing`, with what is near, where there is none
 */
export function chooseApp<App extends NamedApp>(word: string, apps: readonly App[], missing: RingfenceError): App {
  const match = matchApp(word, apps);
  if (match.kind === 'one') return match.app;
  throw match.kind === 'none' ? withHint(missing, match.near) : unclear(word, match.apps, missing.code);
}

function withHint(error: RingfenceError, near: readonly NamedApp[]): RingfenceError {
  // The daemon's own has ids alone.
  const message = near.length === 0 ? error.message : error.message.replace(/; did you mean [^?]*\?$/, '');
  return new RingfenceError(error.code, `${message}${wayOutOf(message, near)}`, { cause: error });
}

function unclear(word: string, apps: readonly NamedApp[], code: ErrorCode = 'NoSuchApp'): RingfenceError {
  return new RingfenceError(code, `${quoted(word)} ${candidates(apps)}`);
}

/** "may be a (A), b (B) or c (C); use the id". */
export function candidates(apps: readonly NamedApp[]): string {
  const texts = apps.map(describeApp);
  return `may be ${[texts.slice(0, -1).join(', '), texts.at(-1)].filter(Boolean).join(' or ')}; use the id`;
}

/** Why a word cannot be a desktop id; a name may have a slash, for one. Undefined for one that can. */
export function faultAsId(word: string): RingfenceError | undefined {
  try {
    parseDesktopId(word);
    return undefined;
  } catch (error) {
    if (isRingfenceError(error)) return error;
    throw error;
  }
}

/** Also one that no menu shows. */
function isInstalled(word: string, environment: Context['environment']): boolean {
  try {
    openAppCatalog(environment).find(parseDesktopId(word));
    return true;
  } catch (error) {
    return !isRingfenceError(error, 'NoSuchApp');
  }
}

function notFound(word: string): RingfenceError {
  return new RingfenceError('NoSuchApp', `no app has the id or name ${quoted(word)}`);
}

function quoted(word: string): string {
  return JSON.stringify(word.length > 80 ? `${word.slice(0, 80)}…` : word);
}
