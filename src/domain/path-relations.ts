/** Whether `path` is `folder` or lies in it; both absolute and normal (no `..`, no double or trailing slash). */
export function isAtOrBelow(path: string, folder: string): boolean {
  if (!path.startsWith(folder)) return false;
  return path.length === folder.length || folder === '/' || path[folder.length] === '/';
}

/** `folder` and `rest` with one slash between them. */
export function joinPath(folder: string, rest: string): string {
  return folder === '/' ? `/${rest}` : `${folder}/${rest}`;
}
