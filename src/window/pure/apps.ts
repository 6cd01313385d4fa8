/** An app as the daemon lists it. */
export interface App {
  /** The desktop id, with ".desktop". */
  readonly id: string;
  readonly name: string;
  /** "available", "enabled", "edited" or "pending". */
  readonly state: string;
  /** Path of the original entry. */
  readonly entry: string;
  /** The profile it was enabled with; empty for none. */
  readonly profile: string;
}

/** Reads a row of ListApps. */
export function appFrom(row: Readonly<Record<string, string>>): App {
  const id = row['id'] ?? '';
  return {
    id,
    name: row['name'] || id.replace(/\.desktop$/, ''),
    state: row['state'] ?? 'available',
    entry: row['source'] ?? '',
    profile: row['profile'] ?? '',
  };
}

/** Whether its usual icon starts it in its fence, or is meant to. */
export function isEnabled({ state }: App): boolean {
  return state !== 'available';
}

/** Apps whose name or id has all the words, whatever their case and accents, in the order of their names. */
export function matching(apps: readonly App[], search: string, onlyEnabled: boolean): App[] {
  const words = folded(search).split(/\s+/);
  const found = apps.filter((app) => {
    if (onlyEnabled && !isEnabled(app)) return false;
    const text = folded(`${app.name} ${app.id}`);
    return words.every((word) => text.includes(word));
  });
  return found.sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
}

/** Made once: it is what a comparison of thousands of names takes its time for. */
const collator = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The browsers among the apps that are not enabled, which the first start offers to fence. */
export function browsersIn(apps: readonly App[]): App[] {
  return apps.filter((app) => !isEnabled(app) && browsers.test(app.id));
}

const browsers =
  /^(?:firefox(?:-esr)?|librewolf|chromium(?:-browser)?|google-chrome|brave-browser|microsoft-edge|vivaldi-stable|opera|org\.gnome\.Epiphany|org\.mozilla\.firefox|org\.qutebrowser\.qutebrowser|falkon|org\.kde\.falkon)\.desktop$/i;
