import { parseDesktopId } from '../../domain/desktop-id.ts';
import type { Client, Rows } from './client.ts';
import { type InstalledApp, installedApps } from './installed-apps.ts';
import { candidates, chooseApp, faultAsId } from './name-app.ts';
import { didYouMean, matchApp, wayOutOf } from './pure/match-app.ts';

type Row = Rows[number];

/** What is done with many apps at once, and how it tells of an app that it does not know. */
export interface AppsRequest {
  act(ids: readonly string[]): Promise<Rows>;
  isUnknown(row: Row): boolean;
  /** Among which apps a name is looked for. */
  candidates(apps: readonly InstalledApp[]): readonly InstalledApp[];
}

/**
 * Does something with the apps that words name. The words are taken for ids first, all in one call, so that ids mean the same
 * whatever else is installed; those that the daemon does not know are looked for among the apps' names and done in another.
 * @throws RingfenceError InvalidArgument for a word that can be no id and is no name either; nothing is done then
 */
export async function withApps(words: readonly string[], client: Client, request: AppsRequest): Promise<Rows> {
  let listed: Promise<InstalledApp[]> | undefined;
  const apps = () => {
    listed ??= installedApps(client);
    return listed;
  };
  const ids: string[] = [];
  for (const word of words) {
    const fault = faultAsId(word);
    ids.push(fault === undefined ? word : chooseApp(word, request.candidates(await apps()), fault).id);
  }
  const rows = ofThese(ids, await request.act(ids));
  const unknown = rows.filter((row) => request.isUnknown(row));
  if (unknown.length === 0) return rows;

  const installed = new Set((await apps()).map(({ id }) => `${id}.desktop`));
  const settled = rows.filter((row) => !unknown.includes(row));
  const found: string[] = [];
  for (const row of unknown) {
    const id = row.get('app') ?? '';
    const word = ids.find((one) => parseDesktopId(one).id === id) ?? id;
    // An installed one is what it says, whatever else has such a name.
    const match = matchApp(word, installed.has(id) ? [] : request.candidates(await apps()));
    if (match.kind === 'one') found.push(match.app.id);
    else
      settled.push(
        match.kind === 'none'
          ? hinted(
              installed.has(id) ? row : settledElsewhere(row, word, await apps()),
              match.near.length > 0 || installed.has(id) ? match.near : near(word, await apps()),
            )
          : unclear(word, candidates(match.apps)),
      );
  }
  return found.length === 0 ? settled : [...settled, ...ofThese(found, await request.act(found))];
}

/** Without the entries of other apps that the user has edited: they stay, and are no news. No ids stand for all apps. */
function ofThese(ids: readonly string[], rows: Rows): Rows {
  if (ids.length === 0) return rows;
  const named = new Set(ids.map((id) => parseDesktopId(id).id));
  return rows.filter((row) => row.get('state') !== 'edited' || named.has(row.get('app') ?? ''));
}

/** An app that is not among the candidates, as it is not enabled, and yet goes by the word. */
function settledElsewhere(row: Row, word: string, apps: readonly InstalledApp[]): Row {
  const other = row.get('state') === 'unchanged' ? matchApp(word, apps) : undefined;
  return other?.kind === 'one' ? new Map([...row, ['app', `${other.app.id}.desktop`]]) : asUnknown(row, word);
}

/** What takes an app back is content with one that was never enabled; a word that no app goes by is a mistake all the same. */
function asUnknown(row: Row, word: string): Row {
  if (row.get('state') === 'failed') return row;
  return new Map([
    ...row,
    ['state', 'failed'],
    ['error', 'NoSuchApp'],
    ['reason', `no app has the id or name ${JSON.stringify(word)}`],
  ]);
}

/** What an unknown word is near to among all apps. */
function near(word: string, apps: readonly InstalledApp[]): readonly InstalledApp[] {
  const match = matchApp(word, apps);
  return match.kind === 'none' ? match.near : [];
}

function unclear(word: string, which: string): Row {
  return new Map([
    ['app', word],
    ['state', 'failed'],
    ['reason', `${JSON.stringify(word)} ${which}`],
    ['error', 'NoSuchApp'],
  ]);
}

function hinted(row: Row, near: readonly InstalledApp[]): Row {
  const { reason = '', error } = Object.fromEntries(row);
  const hint = error === 'NoSuchApp' ? wayOutOf(reason, near) : didYouMean(near);
  return new Map([...row, ['reason', `${reason}${hint}`]]);
}
