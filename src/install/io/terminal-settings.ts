import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { asFileError } from '../../domain/errno-text.ts';
import { RingfenceError } from '../../domain/errors.ts';
import { xdgFolders } from '../../domain/xdg-folders.ts';
import { openOwnedDisk } from '../../platform/owned-files/disk.ts';

const schema = v.array(
  v.object({ terminal: v.string(), schema: v.string(), key: v.string(), before: v.string(), ours: v.string() }),
);

/** One changed setting of a terminal: see ChangedSetting. */
export type StoredSetting = v.InferOutput<typeof schema>[number];

/**
 * What was changed in terminals' settings: `ringfence/terminals.json` in the user's data folder.
 * @throws RingfenceError InvalidArgument without a home; reading and writing throw Failed
 */
export function openTerminalSettings(environment: Readonly<Record<string, string | undefined>>): {
  read(): StoredSetting[];
  write(settings: readonly StoredSetting[]): void;
} {
  const { data } = xdgFolders(environment);
  if (data === undefined) {
    throw new RingfenceError('InvalidArgument', 'cannot change terminals: HOME is not set to an absolute path');
  }
  const file = join(data, 'ringfence/terminals.json');
  const disk = openOwnedDisk(join(data, 'ringfence/terminals-staging'));
  return {
    read() {
      try {
        return v.parse(schema, JSON.parse(readFileSync(file, 'utf8')));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        const failure = asFileError(`read ${file}`, error);
        if (failure instanceof RingfenceError) throw failure;
        throw new RingfenceError(
          'Failed',
          `cannot read ${file}: it is damaged; restore it from a backup, or remove it`,
          {
            cause: error,
          },
        );
      }
    },
    write(settings) {
      try {
        if (settings.length === 0) disk.remove(file);
        else disk.commit(disk.stage(Buffer.from(`${JSON.stringify(settings, null, 2)}\n`), 0o644, true), file);
      } catch (error) {
        throw asFileError(`note what terminals had in ${file}`, error, 'no terminal was changed');
      } finally {
        disk.clean([]);
      }
    },
  };
}
