import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { watchFolders } from '../../../../src/platform/files/watch-paths.ts';
import { waitFor } from '../../../harness/wait-for.ts';

let root: string;
let calls: number;
let watcher: { close: () => void };
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-watch-'));
  calls = 0;
});
afterEach(() => {
  watcher.close();
  rmSync(root, { recursive: true });
});

const path = (...names: string[]) => join(root, ...names);
/** Does something and waits until it was noticed. */
const noticed = async (what: () => void) => {
  const before = calls;
  what();
  await waitFor(() => calls > before, { what: `a call after ${what}` });
};

// watchPaths is tested with the configuration that it is for: config-store.test.ts
describe('watchFolders', () => {
  beforeEach(() => {
    watcher = watchFolders([path('a/apps'), path('b/apps')], () => calls++);
  });

  it('sees folders come into being, and all that happens in them and below', async () => {
    await noticed(() => mkdirSync(path('a/apps'), { recursive: true }));
    await noticed(() => writeFileSync(path('a/apps/x'), '1'));
    await noticed(() => mkdirSync(path('a/apps/below/deeper'), { recursive: true }));
    await noticed(() => writeFileSync(path('a/apps/below/deeper/y'), '1'));
    await noticed(() => writeFileSync(path('a/apps/below/deeper/y'), '22'));
    await noticed(() => rmSync(path('a/apps/x')));
    await noticed(() => mkdirSync(path('b/apps'), { recursive: true }));
  });

  it('sees a folder that is put in the place of another', async () => {
    await noticed(() => mkdirSync(path('a/apps'), { recursive: true }));
    mkdirSync(path('other'));
    await noticed(() => {
      renameSync(path('a/apps'), path('a/gone'));
      renameSync(path('other'), path('a/apps'));
    });
    await noticed(() => writeFileSync(path('a/apps/x'), '1'));
  });
});
