import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHomes } from '../../../src/daemon/home-backend.ts';

describe('homes of a daemon', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ringfence-homes-'));
    mkdirSync(join(root, '.jedit'));
    for (const name of ['a', 'b']) writeFileSync(join(root, '.jedit', name), name);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('end an import with the daemon, and leave nothing of it', async () => {
    let closed: Promise<void> | undefined;
    const homes = openHomes({
      instances: { all: () => [] },
      findEntry: (id) => ({ id, path: '', bytes: Buffer.alloc(0) }),
      ownEnvironment: { XDG_RUNTIME_DIR: join(root, 'runtime') },
      environment: async () => ({ HOME: root, XDG_DATA_HOME: join(root, 'data') }),
      // After the first of the two files.
      imported: () => {
        closed ??= homes.close();
      },
    });
    await expect(homes.backend.importHome('jedit')).rejects.toThrow('the daemon ends');
    await closed;
    expect(existsSync(join(root, 'data/ringfence/homes/local.jedit'))).toBe(false);
    expect(existsSync(join(root, 'data/ringfence/homes/local.jedit.import'))).toBe(false);
  });
});
