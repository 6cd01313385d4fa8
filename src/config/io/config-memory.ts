import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import type { ConfigSource } from '../../domain/config/read-config.ts';

const memorySchema = v.object({
  version: v.literal(1),
  files: v.array(v.object({ path: v.string(), text: v.string() })),
});

/** The config files that were last read without an error. Undefined if none were, or if the memory itself is damaged. */
export function recallConfig(memory: string | undefined): readonly ConfigSource[] | undefined {
  if (memory === undefined) return undefined;
  try {
    const checked = v.safeParse(memorySchema, JSON.parse(readFileSync(memory, 'utf8')));
    return checked.success ? checked.output.files : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps the texts of files that have been read without an error, unless they are what is kept already. A state folder
 * that cannot be written costs only the memory over a restart, so it is no error.
 */
export function rememberConfig(memory: string | undefined, files: readonly ConfigSource[]): void {
  if (memory === undefined) return;
  const text = `${JSON.stringify({ version: 1, files })}\n`;
  try {
    if (readOrNothing(memory) === text) return;
    mkdirSync(dirname(memory), { recursive: true, mode: 0o700 });
    writeFileSync(`${memory}.new`, text, { mode: 0o600 });
    renameSync(`${memory}.new`, memory);
  } catch {
    // The config in force is the one just read.
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
