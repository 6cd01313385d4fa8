import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { openSandboxFolders } from '../../../../src/strict/io/instance-folders.ts';

const runtime = mkdtempSync(join(tmpdir(), 'ringfence-records-'));
afterAll(() => rmSync(runtime, { recursive: true, force: true }));

describe('the record of a sandbox that runs', () => {
  it('is the one before where it cannot be written anew', async () => {
    const folders = openSandboxFolders(runtime);
    const record = { unit: 'a.scope', instance: '', services: [], names: [], writes: ['/home/u/a'], writeIds: ['1:2'] };
    folders.make('one');
    folders.record('one', record);
    const outfile = join(runtime, 'folders.cjs');
    const entryPoints = ['src/strict/io/instance-folders.ts'];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
    const anew = 'require(process.argv[1]).openSandboxFolders(process.argv[2]).record("one", { unit: "b.scope" })';
    // As on a full disk: a file can be made, or emptied, and not written.
    const argv = ['trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh', process.execPath, '-e', anew, outfile, runtime];
    const { stderr } = spawnSync('/bin/sh', ['-c', ...argv], { encoding: 'utf8' });
    expect(stderr).toMatch(/EFBIG/);
    expect(folders.list()).toEqual([{ id: 'one', ...record }]);
  });
});
