import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DesktopSettings } from '../ports.ts';

const run = promisify(execFile);

/** The desktop's settings by way of gsettings(1); values are GVariant text, as it prints them. */
export function openGSettings(environment: Readonly<Record<string, string | undefined>>): DesktopSettings {
  const gsettings = async (...words: string[]) => {
    const { stdout } = await run('gsettings', words, { env: environment });
    return stdout.trimEnd();
  };
  return {
    async get(schema, key) {
      try {
        return await gsettings('get', schema, key);
      } catch {
        // No gsettings, no such schema (the terminal is not installed), or an older one without the key.
        return undefined;
      }
    },
    set: async (schema, key, value) => void (await gsettings('set', schema, key, value)),
    reset: async (schema, key) => void (await gsettings('reset', schema, key)),
  };
}
