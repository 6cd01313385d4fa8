/**
 * The mimeinfo.cache for the folder of the shadows, or undefined when none is needed. GLib takes the MIME types of an app
 * from the cache of the folder that holds its entry and ignores, as masked, what the caches of later folders say of an id
 * that an earlier folder has (gdesktopappinfo.c, desktop_file_dir_app_name_is_masked). So each type that a shadowed app
 * has there is repeated here, with all its apps in the order they had, or the first choice for a type would change.
 *
 * @param own the cache that the folder has of its own
 * @param later mimeapps.list and mimeinfo.cache of the other folders, in the order in which GLib reads them
 * @param shadowed ids with ".desktop"
 */
export function mimeCacheText(
  own: string | undefined,
  later: readonly string[],
  shadowed: ReadonlySet<string>,
): string | undefined {
  const lists = later.map(parseAssociations);
  const merged = parseAssociations(own ?? '');
  const affected = new Set<string>();
  for (const list of lists) {
    for (const [type, ids] of list) if (ids.some((id) => shadowed.has(id))) affected.add(type);
  }
  if (affected.size === 0) return undefined;
  for (const type of affected) {
    const ids = [merged, ...lists].flatMap((list) => list.get(type) ?? []);
    merged.set(type, [...new Set(ids)]);
  }
  const lines = [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, ids]) => `${type}=${ids.join(';')};\n`);
  return `[MIME Cache]\n${lines.join('')}`;
}

function parseAssociations(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let counts = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('[')) counts = /^\[(MIME Cache|Added Associations)\]\s*$/.test(line);
    const equals = line.indexOf('=');
    if (!counts || equals <= 0 || line.startsWith('#')) continue;
    const ids = line
      .slice(equals + 1)
      .split(';')
      .map((id) => id.trim());
    found.set(
      line.slice(0, equals).trim(),
      ids.filter((id) => id !== ''),
    );
  }
  return found;
}
