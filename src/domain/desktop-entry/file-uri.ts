/** What a local file's URI names: a path, or that its name has bytes that are no UTF-8 and so is no string. */
export type LocalFile = { readonly path: string } | { readonly path: undefined; readonly reason: 'not-utf8' };

/**
 * The file a `file:` URI names, as g_file_get_path() of GLib 2.84 sees it: any host, no `%2F`, no `%00`, query and fragment cut
 * off (GLib 2.74 takes a query for a part of the name), percent-decoded byte by byte, and made canonical by text alone (`//`, `.`
 * and `..`). Undefined for what is no valid file URI.
 */
export function fileOfUri(uri: string): LocalFile | undefined {
  const match = /^file:(?:\/\/([^/?#]*)|(?!\/\/))(\/[^?#]*)/i.exec(uri);
  if (match === null) return undefined;
  const [, host = '', escapedPath = ''] = match;
  if (host !== '' && !/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z]([a-z0-9-]*[a-z0-9])?\.?$/i.test(host)) return undefined;
  if (/%(?![0-9a-f]{2})|%00|%2f/i.test(escapedPath)) return undefined;
  try {
    return { path: canonical(decodeURIComponent(escapedPath)) };
  } catch {
    return { path: undefined, reason: 'not-utf8' };
  }
}

/** The local path that a URI or path to be opened names, which is what an entry's `%f` gives; undefined where there is none. */
export function pathToOpen(uriOrPath: string): string | undefined {
  return uriOrPath.startsWith('/') ? uriOrPath : fileOfUri(uriOrPath)?.path;
}

/** Whether it names a file whose name is no text, so that it cannot be followed here. */
export function isNameless(uri: string): boolean {
  const file = fileOfUri(uri);
  return file !== undefined && file.path === undefined;
}

/** The URI of an absolute path. */
export function uriOfPath(path: string): string {
  return `file://${encodeURI(path).replace(/[?#]/g, (char) => (char === '?' ? '%3F' : '%23'))}`;
}

function canonical(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  // POSIX gives exactly two leading slashes a meaning of their own, so GLib keeps them.
  return (/^\/\/(?!\/)/.test(path) ? '//' : '/') + kept.join('/');
}
