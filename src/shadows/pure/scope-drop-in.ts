import type { DecidedLimit } from '../../domain/decision.ts';
import { mainGroup, parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import type { LimitName } from '../../domain/limits.ts';
import { oomPolicy } from '../../domain/profile.ts';
import { sourceKey } from './shadow-entry.ts';

/**
 * The drop-in folders (systemd.unit(5): "foo-.scope.d" holds for every foo-….scope) of the scopes that an app moves itself
 * into, out of ours: flatpak and snap always do, Chromium when it first speaks to a portal. Empty for any other app.
 */
export function foreignScopeFolders(id: string, entry: Buffer): string[] {
  const chromium = chromiumScopes[id.replace(/\.desktop$/, '')];
  if (chromium !== undefined) return [`app-${chromium}-.scope.d`];
  if (!entry.includes('X-Flatpak') && !entry.includes('X-SnapInstanceName')) return [];
  const document = parseDesktopEntry(entry);

  const flatpak = document.get(mainGroup, 'X-Flatpak');
  if (flatpak) return [`app-flatpak-${escapeUnit(flatpak)}-.scope.d`];
  const snap = document.get(mainGroup, 'X-SnapInstanceName');
  if (snap) {
    const app = document.get(mainGroup, 'X-SnapAppName') ?? id.replace(/\.desktop$/, '').replace(/^.*_/, '');
    return [`snap.${escapeUnit(snap)}.${escapeUnit(app)}-.scope.d`];
  }
  return [];
}

/** The names in components/dbus/xdg/systemd.cc of Chromium, which forks keep (seen in 124 to 140). */
const chromiumScopes: Readonly<Record<string, string>> = {
  chromium: 'org.chromium.Chromium',
  'chromium-browser': 'org.chromium.Chromium',
  'brave-browser': 'org.chromium.Chromium',
  'microsoft-edge': 'org.chromium.Chromium',
  'vivaldi-stable': 'org.chromium.Chromium',
  opera: 'org.chromium.Chromium',
  'google-chrome': 'com.google.Chrome',
  'com.google.Chrome': 'com.google.Chrome',
  'google-chrome-beta': 'com.google.Chrome.beta',
  'google-chrome-unstable': 'com.google.Chrome.unstable',
};

/**
 * What a drop-in of ours is called. systemd reads all of a unit in the order of their names, and the last one counts: what is changed on a scope that runs is
 * in its 50-MemoryMax.conf and the like (unit_write_setting), and has to come later.
 */
export const dropInName = '10-ringfence.conf';

/** The drop-in that gives such a scope the app's limits. */
export function scopeDropIn(id: string, sourcePath: string, limits: readonly DecidedLimit[]): string {
  const lines = limits.map(({ name, value }) => `${setting[name]}=${text(name, value)}`);
  return [
    `# The limits of ${id}, by Ringfence`,
    `# ${sourceKey}=${sourcePath}`,
    '[Scope]',
    `OOMPolicy=${oomPolicy}`,
    ...lines,
    '',
  ].join('\n');
}

const setting: Readonly<Record<LimitName, string>> = {
  'memory-max': 'MemoryMax',
  'memory-high': 'MemoryHigh',
  'memory-swap-max': 'MemorySwapMax',
  'cpu-quota': 'CPUQuota',
  'cpu-weight': 'CPUWeight',
  'io-weight': 'IOWeight',
  'tasks-max': 'TasksMax',
};

/** Decided CPU quotas are microseconds per second; the setting is a percentage, of which systemd takes two decimals. */
function text(name: LimitName, value: bigint | 'infinity'): string {
  if (name !== 'cpu-quota') return String(value);
  return value === 'infinity' ? '' : `${Number(value) / 10_000}%`;
}

/** As systemd-escape(1), for the part of a unit's name. */
function escapeUnit(name: string): string {
  return Array.from(new TextEncoder().encode(name), (byte, at) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9:_.]/.test(character) && !(at === 0 && character === '.')
      ? character
      : `\\x${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}
