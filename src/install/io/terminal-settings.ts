import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';

const schema = v.array(
  v.object({ terminal: v.string(), schema: v.string(), key: v.string(), before: v.string(), ours: v.string() }),
);

/** One changed setting of a terminal: see ChangedSetting. */
export type StoredSetting = v.InferOutput<typeof schema>[number];

/** What was changed in terminals' settings: `ringfence/terminals.json` in the user's data folder. */
export function openTerminalSettings(environment: Readonly<Record<string, string | undefined>>): {
  read(): StoredSetting[];
  write(settings: readonly StoredSetting[]): void;
} {
  const data = environment['XDG_DATA_HOME'] || join(environment['HOME'] ?? '/', '.local/share');
  const file = join(data, 'ringfence', 'terminals.json');
  return {
    read() {
      try {
        return v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    write(settings) {
      if (settings.length === 0) {
        rmSync(file, { force: true });
        return;
      }
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`);
      renameSync(`${file}.new`, file);
    },
  };
}
