import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followProgram } from '../../../src/daemon/follow-program.ts';
import { watchPaths } from '../../../src/platform/files/watch-paths.ts';
import { waitFor } from '../../harness/wait-for.ts';

let folder: string;
let program: string;
let seen: string[];
let close: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringfence-program-'));
  program = join(folder, 'program');
  writeFileSync(program, 'old');
  seen = [];
  close = followProgram(program, (change) => seen.push(change), 300);
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true });
});

const changed = () => waitFor(() => seen.length > 0, { what: 'the change' });

describe('followProgram', () => {
  it('tells once of a file that is put in its place', async () => {
    for (const text of ['new', 'newer']) {
      writeFileSync(join(folder, 'beside'), text);
      renameSync(join(folder, 'beside'), program);
    }
    await changed();
    writeFileSync(program, 'newest');
    expect(seen).toEqual(['replaced']);
  });

  it('tells of one that is gone', async () => {
    rmSync(program);
    await changed();
    expect(seen).toEqual(['removed']);
  });

  it('takes one that is gone for a moment for what comes then', async () => {
    let noticed = false;
    const beside = watchPaths([program], () => {
      noticed = true;
    });
    renameSync(program, join(folder, 'away'));
    await waitFor(() => noticed, { what: 'the move to be noticed' });
    beside.close();
    renameSync(join(folder, 'away'), program);
    // What is told is told after this.
    utimesSync(program, 1, 1);
    await changed();
    expect(seen).toEqual(['replaced']);
  });
});
