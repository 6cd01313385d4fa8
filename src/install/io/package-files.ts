import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PackageFile } from '../pure/desired.ts';

/**
 * The files that an installation copies, read from the package that `program` (one of dist's) is part of: an npm package, a
 * checkout that was built, or an installation, which has them all itself.
 */
export function readPackage(program: string): PackageFile[] {
  const self = realpathSync(program);
  const root = dirname(dirname(self));
  const below = (folder: string) => {
    const names = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    return names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  };
  const paths = [...below('dist'), ...below('dbus').filter((path) => path.endsWith('.in'))];
  return [...paths.sort().map((path) => ({ name: path.slice(root.length + 1), path })), ...journalBinding(self)].map(
    ({ name, path }) => ({
      name,
      content: readFileSync(path),
      executable: (statSync(path).mode & 0o100) !== 0 && !name.endsWith('.node'),
    }),
  );
}

/** What the daemon loads of the optional package systemd-journald, wherever npm has put it. */
function journalBinding(self: string): { name: string; path: string }[] {
  const name = 'systemd-journald/build/Release/journal_send.node';
  try {
    const path = createRequire(self).resolve(name);
    const json = join(dirname(path), '../../package.json');
    return [
      { name: 'node_modules/systemd-journald/package.json', path: json },
      { name: `node_modules/${name}`, path },
    ];
  } catch {
    return [];
  }
}

const stableNodes = ['/usr/bin/node', '/usr/local/bin/node', '/home/linuxbrew/.linuxbrew/bin/node'];

/** The path of this node that lives longest: a package manager's link, where it leads here, stays over an upgrade. */
export function nodePath(): string {
  return stableNodes.find((path) => sameFile(path, process.execPath)) ?? process.execPath;
}

function sameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
