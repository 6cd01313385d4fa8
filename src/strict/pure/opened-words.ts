/** A command's words with opened files as they are inside: `inside` has them by the path that they were opened by. */
export function withOpenedFiles(argv: readonly string[], inside: ReadonlyMap<string, string>): string[] {
  return argv.map((word, index) => {
    const path = index === 0 ? undefined : inside.get(pathOf(word) ?? '');
    if (path === undefined) return word;
    return word.startsWith('/') ? path : `file://${path.split('/').map(encodeURIComponent).join('/')}`;
  });
}

/** One of these files that a command names inside another word, such as `--file=PATH`: nothing can be put in its place there. */
export function namedWithinWord(argv: readonly string[], paths: readonly string[]): string | undefined {
  const words = argv.slice(1).filter((word) => !paths.includes(pathOf(word) ?? ''));
  return paths.find((path) => words.some((word) => word.includes(path)));
}

function pathOf(word: string): string | undefined {
  if (word.startsWith('/')) return word;
  const [, path] = /^file:(?:\/\/(?:localhost)?)?(\/[^?#]*)$/i.exec(word) ?? [];
  try {
    return path === undefined ? undefined : decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
