import { shellQuote } from '../../domain/shell-quote.ts';
import type { Look } from './model.ts';
import { lookFolder } from './plan.ts';

/** What may be there of the look of home, below the real home and its XDG folders, by the name it has in the own home. */
export const lookPaths: readonly (readonly [base: 'home' | 'config' | 'data', name: string])[] = [
  ...(['fonts', 'icons', 'themes'] as const).flatMap((name) => [
    ['data', name] as const,
    ['home', `.${name}`] as const,
  ]),
  ['config', 'fontconfig'],
  ['home', '.gtkrc-2.0'],
  ['config', 'gtk-3.0/settings.ini'],
  ['config', 'gtk-3.0/gtk.css'],
  ['config', 'gtk-4.0/settings.ini'],
  ['config', 'gtk-4.0/gtk.css'],
  ['config', 'kdeglobals'],
  ['config', 'plasma-localerc'],
  ['config', 'locale.conf'],
  ['config', 'user-dirs.locale'],
  ['config', 'mimeapps.list'],
  ['data', 'mime'],
];

/** The name of a piece of the look of home in `lookFolder`: one word, by which `setupScript` finds its place. */
export function lookName(base: 'home' | 'config' | 'data', name: string): string {
  return `${base}+${name.replaceAll('/', '+')}`;
}

/**
 * What the gate inside reads before the app starts, as the app's user and in its sandbox: an own home belongs to the app, which
 * controls every name in it, so that nobody outside writes there. It links what makes the app look at home, says where downloads
 * go, and does so again only when it has something else to say.
 */
export function setupScript(look: readonly Look[], own: string, downloads: string | undefined): string {
  const folders = { home: '', config: '.config/', data: '.local/share/' };
  const links = look.flatMap(({ name }) => {
    const [base = '', ...rest] = name.split('+');
    const place = `${folders[base as keyof typeof folders]}${rest.join('/')}`;
    return [[place, `${lookFolder}/${name}`]];
  });
  if (downloads !== undefined) links.push(['Downloads', downloads]);
  const directories = [
    ...(downloads === undefined ? [] : [`XDG_DOWNLOAD_DIR="${downloads.replaceAll(/[\\"$`]/g, '\\$&')}"`]),
    'XDG_DESKTOP_DIR="$HOME/Desktop"',
  ].join('\n');
  const parents = [...new Set(['.config', '.local/share', ...links.map(([place = '']) => parentOf(place))])];
  const body = [
    `mkdir -p ${parents
      .filter((parent) => parent !== '')
      .map(shellQuote)
      .join(' ')}`,
    ...links.map(([place = '', target = '']) => {
      const word = shellQuote(place);
      return `if [ -L ${word} ] || [ ! -e ${word} ]; then ln -sfn ${shellQuote(target)} ${word}; fi`;
    }),
    'rm -f .config/user-dirs.dirs',
    `printf "%s\\n" ${shellQuote(directories)} >.config/user-dirs.dirs`,
  ].join('\n');
  const stamp = stampOf(body);
  return [
    `own_home=${shellQuote(own)}`,
    'if cd "$own_home"; then',
    'stamp=',
    '[ ! -f .config/.ringfence ] || read -r stamp <.config/.ringfence || stamp=',
    `if [ "$stamp" != ${stamp} ]; then`,
    '(',
    body,
    'rm -f .config/.ringfence',
    `echo ${stamp} >.config/.ringfence`,
    ') </dev/null >/dev/null 2>&1',
    'fi',
    'cd /',
    'fi 2>/dev/null',
    'unset stamp OLDPWD',
    '',
  ].join('\n');
}

function parentOf(place: string): string {
  return place.includes('/') ? place.slice(0, place.lastIndexOf('/')) : '';
}

/** FNV-1a, 32 bits: tells one text from another, and promises nothing. */
function stampOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
