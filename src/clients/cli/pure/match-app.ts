import { nearestName } from '../../../domain/nearest-name.ts';

/** An app that a word on the command line may mean. */
export interface NamedApp {
  /** Without ".desktop". */
  readonly id: string;
  /** As the user may know it, in every language that its entry has; the first is the one to show. */
  readonly names: readonly string[];
}

/** What a word means. */
export type AppMatch<App extends NamedApp> =
  | { readonly kind: 'one'; readonly app: App }
  /** More than one, sorted by id. */
  | { readonly kind: 'several'; readonly apps: readonly App[] }
  /** None; `near` is what was perhaps meant, at most three. */
  | { readonly kind: 'none'; readonly near: readonly App[] };

/**
 * Finds the app that a word names: by its exact id, with or without ".desktop", which wins over everything else; or by its
 * id in other letters, the last part or parts of it ("gedit", "gnome.gedit") or a visible name, all without regard to case. Where
 * nothing else is meant, by the words of one of these put together in another way ("text-editor" for Text Editor), or by what the id
 * has before a dash, if only one has it ("firefox" for firefox-esr).
 */
export function matchApp<App extends NamedApp>(word: string, apps: readonly App[]): AppMatch<App> {
  const typed = withoutSuffix(word);
  const exact = apps.find(({ id }) => id === typed);
  if (exact !== undefined) return { kind: 'one', app: exact };
  const wanted = folded(typed);
  const wantedName = folded(word);
  const called = sorted(
    wantedName === ''
      ? []
      : apps.filter(
          ({ id, names }) =>
            lastParts(id).some((part) => folded(part) === wanted) || names.some((name) => folded(name) === wantedName),
        ),
  );
  const found = called.length > 0 ? called : sorted(apps.filter((app) => isJoined(typed, app)));
  if (found.length === 0 && wanted !== '') {
    const [variant, ...variants] = apps.filter(({ id }) =>
      lastParts(id).some((part) => folded(part).startsWith(`${wanted}-`)),
    );
    if (variant !== undefined && variants.length === 0) return { kind: 'one', app: variant };
  }
  const [only, ...others] = found;
  if (only === undefined) return { kind: 'none', near: nearApps(word, apps) };
  return others.length === 0 ? { kind: 'one', app: only } : { kind: 'several', apps: found };
}

/** The apps with a text in their id or one of their names, sorted by id, without regard to case. */
export function searchApps<App extends NamedApp>(text: string, apps: readonly App[]): App[] {
  const wanted = folded(text);
  return sorted(apps.filter(({ id, names }) => [id, ...names].some((one) => folded(one).includes(wanted))));
}

/** "org.gnome.gedit (gedit)": both words by which an app goes. */
export function describeApp({ id, names: [name = ''] }: NamedApp): string {
  return name === '' || name === id ? id : `${id} (${name})`;
}

/** "; did you mean org.gnome.gedit (gedit)?", or nothing. */
export function didYouMean(near: readonly NamedApp[]): string {
  return near.length === 0 ? '' : `; did you mean ${near.map(describeApp).join(' or ')}?`;
}

/** What to do about an error for an app that is not there; some errors have a way out of their own. */
export function wayOutOf(message: string, near: readonly NamedApp[]): string {
  return near.length > 0 || message.includes('; ') ? didYouMean(near) : '; "ringfence apps" lists what is installed';
}

const mostNear = 3;
const leastContained = 3;

/** What is spelt nearly so comes before what only has the word in it. */
function nearApps<App extends NamedApp>(word: string, apps: readonly App[]): App[] {
  const owners = new Map<string, App>();
  for (const app of sorted(apps)) {
    const parts = lastParts(app.id);
    const beforeDash = parts.map((part) => part.replace(/(?<=.)-.*/, ''));
    for (const text of [...parts, ...app.names, ...beforeDash].map(folded))
      if (!owners.has(text)) owners.set(text, app);
  }
  const nearest = nearestName(folded(withoutSuffix(word)), [...owners.keys()]);
  const owner = nearest === undefined ? undefined : owners.get(nearest);
  if (owner !== undefined) return [owner];
  return folded(word).length < leastContained ? [] : searchApps(word, apps).slice(0, mostNear);
}

/** Whether a word is the id, a last part of it or a name, but for how their words are put together: by blanks, dashes or nothing. */
function isJoined(word: string, { id, names }: NamedApp): boolean {
  const wanted = joined(word);
  return wanted !== '' && [...lastParts(id), ...names].some((text) => joined(text) === wanted);
}

function joined(text: string): string {
  return folded(text).replace(/[\s_-]+/g, '');
}

/** The id, and what is behind each of its dots. */
function lastParts(id: string): string[] {
  const parts = id.split('.');
  return parts.map((_part, index) => parts.slice(index).join('.')).filter((part) => part !== '');
}

function withoutSuffix(word: string): string {
  return word.endsWith('.desktop') ? word.slice(0, -'.desktop'.length) : word;
}

/** Two spellings of the same text are one: composed letters, case, blanks at the ends. */
function folded(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}

function sorted<App extends NamedApp>(apps: readonly App[]): App[] {
  return [...apps].sort((a, b) => (a.id < b.id ? -1 : 1));
}
