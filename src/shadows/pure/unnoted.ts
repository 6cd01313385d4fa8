import { parseExec } from '../../domain/desktop-entry/exec-line.ts';
import { mainGroup, parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import { unescapeValue } from '../../domain/desktop-entry/value.ts';
import type { ShadowKind } from './manifest.ts';
import { scriptHead } from './open-script.ts';
import { sourceKey } from './shadow-entry.ts';

/** What a file that Ringfence wrote says of itself. */
export interface SelfDescription {
  /** With ".desktop"; empty for what serves all apps. */
  readonly app: string;
  /** Of the original. Absolute. */
  readonly source: string;
  /** The app may not start without its fence. */
  readonly strict: boolean;
}

/** The first line of the mimeinfo.cache that goes with shadows; GLib takes it for a comment. */
export const cacheMark = '# Written by Ringfence, for the enabled applications in this folder';

/** What a file says of itself; undefined for one that is not marked as ours, or not wholly. */
export function describeItself(kind: ShadowKind, name: string, bytes: Uint8Array): SelfDescription | undefined {
  try {
    if (kind === 'script') return readScript(Buffer.from(bytes).toString('utf8'));
    if (kind === 'drop-in') return readDropIn(Buffer.from(bytes).toString('utf8'));
    if (kind === 'mime-cache') return readCache(Buffer.from(bytes).toString('utf8'));
    const document = parseDesktopEntry(bytes, name);
    const group = kind === 'service' ? 'D-BUS Service' : mainGroup;
    const source = document.get(group, sourceKey);
    const exec = document.get(group, 'Exec') ?? '';
    const isWhole = ['X-Ringfence-Hash', 'X-Ringfence-Version'].every((key) => document.get(group, key) !== undefined);
    if (!source?.startsWith('/') || !isWhole || !/ringfence/.test(exec)) return undefined;
    if (kind !== 'service' && !isInItsPlace(kind, name, exec)) return undefined;
    const app = kind === 'service' ? `${document.get(group, 'Name')}.desktop` : name;
    return { app, source, strict: / --strict /.test(exec) };
  } catch {
    return undefined;
  }
}

/** A shadow that somebody has copied has its marks: as an app of another name, or among what is started with the session (GNOME Tweaks). */
function isInItsPlace(kind: ShadowKind, name: string, exec: string): boolean {
  const app = parseExec(exec)
    .map(([part]) => (part !== undefined && 'text' in part ? part.text : ''))
    .find((word) => word.startsWith('--app='));
  return app === (kind === 'autostart' ? undefined : `--app=${name}`);
}

function readScript(text: string): SelfDescription | undefined {
  const [, app, source] = scriptHead.exec(text) ?? [];
  return app === undefined || source === undefined ? undefined : { app, source: unescapeValue(source), strict: false };
}

function readDropIn(text: string): SelfDescription | undefined {
  const [, app, source] =
    /^# The limits of (\S+\.desktop), by Ringfence\n# X-Ringfence-Source=(\/.*)\n/.exec(text) ?? [];
  return app === undefined || source === undefined ? undefined : { app, source, strict: false };
}

function readCache(text: string): SelfDescription | undefined {
  return text.startsWith(`${cacheMark}\n`) ? { app: '', source: '', strict: false } : undefined;
}
