/** Whether `path` is `folder` or lies in it; both absolute and normal (no `..`, no double or trailing slash). */
export function isAtOrBelow(path: string, folder: string): boolean {
  if (!path.startsWith(folder)) return false;
  return path.length === folder.length || folder === '/' || path[folder.length] === '/';
}

/** The folders strictly between `folder` and `path`, outermost first: `/a`, `/a/b/c/d` → `/a/b`, `/a/b/c`. */
export function foldersBetween(folder: string, path: string): string[] {
  if (!isAtOrBelow(path, folder) || path === folder) return [];
  const names = path.slice(folder === '/' ? 1 : folder.length + 1).split('/');
  return names.slice(0, -1).map((_, index) => joinPath(folder, names.slice(0, index + 1).join('/')));
}

/** `folder` and `rest` with one slash between them. */
export function joinPath(folder: string, rest: string): string {
  return folder === '/' ? `/${rest}` : `${folder}/${rest}`;
}

/** Number of names in a path: 0 for `/`. */
export function pathDepth(path: string): number {
  if (path === '/') return 0;
  let depth = 0;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) depth += 1;
  return depth;
}

/** The folders around a path, the innermost first and the root last: `/a/b/c` has `/a/b`, `/a` and `/`. */
export function foldersAbove(path: string): string[] {
  const found: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) found.push(path.slice(0, end));
  return path === '/' ? found : [...found, '/'];
}
