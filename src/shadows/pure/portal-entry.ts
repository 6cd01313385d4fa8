import { mainGroup, parseDesktopEntry } from '../../domain/desktop-entry/parse.ts';
import { escapeValue } from '../../domain/desktop-entry/value.ts';
import { openLine } from './open-line.ts';
import type { ShadowInput } from './shadow-entry.ts';

/** The key that says whose a portal entry is. */
const portalKey = 'X-Ringfence-Portal';

/**
 * The entry by which portals and notifications know a strict app, under its id there: its name and icon, and a command that leads
 * into its sandbox. No menu shows it.
 * @throws RingfenceError BadEntry for an original without a command
 */
export function portalEntry(input: ShadowInput): Buffer {
  const document = parseDesktopEntry(input.original, input.sourcePath);
  const [name, icon] = ['Name', 'Icon'].map((key) => document.raw(mainGroup, key));
  const names = document.locales(mainGroup, 'Name').flatMap((locale) => {
    const text = document.raw(mainGroup, `Name[${locale}]`);
    return text === undefined ? [] : [`Name[${locale}]=${text}`];
  });
  const line = openLine({
    scriptPath: input.scriptPath,
    options: [`--app=${input.id}`, '--profile=strict', '--strict', `--original=${input.sourcePath}`],
    exec: document.get(mainGroup, 'Exec') ?? '',
  });
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    `Name=${name ?? escapeValue(input.id)}`,
    ...names,
    ...(icon === undefined ? [] : [`Icon=${icon}`]),
    `Exec=${escapeValue(line)}`,
    'NoDisplay=true',
    `${portalKey}=${escapeValue(input.id)}`,
  ];
  return Buffer.from(`${lines.join('\n')}\n`);
}
