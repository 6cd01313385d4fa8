import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { watchLimitHits } from '../../../../src/platform/kernel/limit-hits.ts';
import { waitFor } from '../../../harness/wait-for.ts';

// A file as the kernel has it; test/machine/reached-limits.test.ts has the kernel itself.
describe('watchLimitHits', () => {
  let folder: string;
  let file: string;
  const counts: number[] = [];
  const hit = (times: number) => writeFileSync(file, `low 0\nhigh 7\nmax ${times}\noom 9\n`);
  const watchers = () => process.getActiveResourcesInfo().filter((name) => /FSEvent/i.test(name)).length;

  let idle: number;
  const isIdle = () => waitFor(() => watchers() <= idle, { what: 'no watch to be left' });

  beforeAll(() => {
    idle = watchers();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringfence-hits-'));
    file = join(folder, 'events');
    hit(0);
    counts.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('tells how often the limit was reached', async () => {
    const end = watchLimitHits(file, (count) => counts.push(count));
    hit(3);
    await waitFor(() => counts.at(-1) === 3, { what: 'the count' });
    end();
    await isIdle();
  });

  it('keeps nothing of a cgroup that has ended, and tells nothing of it', async () => {
    const end = watchLimitHits(file, (count) => counts.push(count));
    rmSync(folder, { recursive: true });
    end();
    await isIdle();
    expect(counts).toEqual([]);
    // Who comes too late hears nothing.
    watchLimitHits(file, (count) => counts.push(count))();
    expect(counts).toEqual([]);
  });
});
