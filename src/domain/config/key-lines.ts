import { type TomlPath, tomlPlaces } from './toml-places.ts';

/**
 * The line (from 1) on which each key of a TOML document stands, which must be valid: parse it first. The answer takes a path
 * such as `['profile', 'browser', 'memory-max']` and falls back to the nearest table around it, then to line 1.
 */
export function keyLines(toml: string): (path: TomlPath) => number {
  const lines = new Map<string, number>();
  for (const { path, line } of tomlPlaces(toml)) {
    for (let length = 1; length <= path.length; length++) {
      const id = JSON.stringify(path.slice(0, length));
      if (!lines.has(id)) lines.set(id, line);
    }
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
}
