import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cgroups, openCgroups } from '../../../../src/platform/kernel/cgroups.ts';

// Folders as the kernel has them; test/machine/debian12-chromium.test.ts has an app that divides its scope.
describe('the processes of a cgroup', () => {
  let root: string;
  let cgroups: Cgroups;
  const make = (cgroup: string, ...pids: number[]) => {
    mkdirSync(root + cgroup, { recursive: true });
    writeFileSync(join(root + cgroup, 'cgroup.procs'), pids.map((pid) => `${pid}\n`).join(''));
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ringfence-cgroups-'));
    cgroups = openCgroups(root);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are its own and those of the cgroups in it, also of one that is made or goes later', () => {
    make('/one.scope', 1, 2);
    expect(cgroups.pids('/one.scope')).toEqual([1, 2]);
    make('/one.scope/inner', 3);
    make('/one.scope/inner/most', 4);
    expect(cgroups.pids('/one.scope')).toEqual([1, 2, 3, 4]);
    rmSync(`${root}/one.scope/inner`, { recursive: true });
    expect(cgroups.pids('/one.scope')).toEqual([1, 2]);
  });

  it('are none where it is gone', () => {
    expect(cgroups.pids('/gone.scope')).toEqual([]);
    expect([cgroups.read('/gone.scope', 'memory.max'), cgroups.id('/gone.scope')]).toEqual([undefined, undefined]);
  });
});
