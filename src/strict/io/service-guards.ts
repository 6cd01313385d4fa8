import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders } from '../../platform/files/make-folders.ts';
import type { ServiceGuards } from '../ports.ts';

/**
 * Service files in the runtime folder, which a bus reads before all others: while one stands there, the bus starts nothing
 * for that name.
 */
export function openServiceGuards(runtimeDirectory: string): ServiceGuards {
  const folder = join(runtimeDirectory, 'dbus-1', 'services');
  const file = (name: string): string => join(folder, `${name}.service`);
  return {
    put(name) {
      const there = read(file(name));
      if (there === guard(name)) return 'there';
      if (there !== undefined) return 'foreign';
      makeFolders(folder, 0o700);
      writeFileSync(file(name), guard(name), { flag: 'wx', mode: 0o644 });
      return 'put';
    },

    remove(name) {
      if (read(file(name)) !== guard(name)) return false;
      unlinkSync(file(name));
      return true;
    },
  };
}

function guard(name: string): string {
  return `# Stands here while ${name} runs in a strict sandbox of Ringfence.\n[D-BUS Service]\nName=${name}\nExec=/bin/false\n`;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
