import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openProcessTree } from '../../../../src/platform/kernel/process-tree.ts';

describe('the members of a cgroup', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ringfence-cgroups-'));
    mkdirSync(join(root, 'own'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are the numbers in its list', () => {
    writeFileSync(join(root, 'own/cgroup.procs'), '12\n345\n');
    expect(openProcessTree(root).members('/own')).toEqual([12, 345]);
  });

  it('are none once it is gone', () => {
    expect(openProcessTree(root).members('/gone')).toEqual([]);
  });

  it('are not taken for none where the list cannot be read', () => {
    mkdirSync(join(root, 'own/cgroup.procs'));
    expect(() => openProcessTree(root).members('/own')).toThrow('EISDIR');
  });
});
