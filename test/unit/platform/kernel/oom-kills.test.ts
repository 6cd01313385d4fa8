import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OomWatch } from '../../../../src/platform/kernel/oom-kills.ts';
import { countOomKills } from '../../../../src/platform/kernel/oom-kills.ts';
import { waitFor } from '../../../harness/wait-for.ts';

// Files as the kernel has them; test/machine/enforcement.test.ts and contain.test.ts have the kernel itself.
describe('countOomKills', () => {
  let slice: string;
  let counts: Map<string, number>;
  let told: Map<string, number>;
  let ofOwn: boolean[];
  let open: (name: string) => OomWatch;

  beforeEach(() => {
    slice = mkdtempSync(join(tmpdir(), 'ringfence-slice-'));
    counts = new Map([['', 0]]);
    told = new Map();
    ofOwn = [];
    write('');
    reach('', 0);
    const watchKills = countOomKills();
    open = (name) =>
      watchKills(join(slice, name), (count, isOwnLimit) => {
        told.set(name, count);
        ofOwn.push(isOwnLimit);
      });
  });
  afterEach(() => rmSync(slice, { recursive: true }));

  const write = (name: string) =>
    writeFileSync(join(slice, name, 'memory.events'), `oom 9\noom_kill ${counts.get(name)}\noom_group_kill 0\n`);
  const reach = (name: string, times: number) =>
    writeFileSync(join(slice, name, 'memory.events.local'), `max 20\noom ${times}\noom_kill 0\n`);
  const add = (...names: string[]) => {
    for (const name of names) {
      mkdirSync(join(slice, name));
      counts.set(name, 0);
      write(name);
      reach(name, 0);
    }
  };
  /** A kill is counted by the cgroup and by all above it. */
  const kill = (name: string) => {
    for (const each of [name, '']) {
      counts.set(each, (counts.get(each) ?? 0) + 1);
      write(each);
    }
  };
  const remove = (name: string) => rmSync(join(slice, name), { recursive: true });
  /** A kill whose cgroup is gone before anybody can look. */
  const killAndRemove = (name: string) => {
    counts.set('', (counts.get('') ?? 0) + 1);
    remove(name);
    write('');
  };
  /** Until what was there at the start has been looked at: it is done right after, not while an app waits. */
  const settled = () => nextTurn();

  it('tells of each kill in a scope that lives, once', async () => {
    add('one');
    const watch = open('one');
    kill('one');
    await waitFor(() => told.get('one') === 1, { what: 'the first' });
    kill('one');
    watch.look();
    expect(told.get('one')).toBe(2);
    remove('one');
    watch.end(true);
    expect(told.get('one')).toBe(2);
  });

  it('keeps no watch of a scope that has ended', async () => {
    const watchers = () => process.getActiveResourcesInfo().filter((name) => /FSEvent/i.test(name)).length;
    const before = watchers();
    add('one', 'two');
    const [one, two] = [open('one'), open('two')];
    for (const name of ['one', 'two']) remove(name);
    one.end(false);
    two.end(true);
    await waitFor(() => watchers() <= before, { what: 'no watch to be left' });
  });

  it('tells whose limit it was', async () => {
    add('one', 'two', 'three');
    const [one, two, three] = [open('one'), open('two'), open('three')];
    await settled();
    const told = () => ofOwn.splice(0);
    reach('one', 1);
    kill('one');
    one.look();
    expect(told()).toEqual([true]);
    // The slice's, in one that lives and has reached its own before, and in one that is gone.
    reach('', 1);
    kill('one');
    one.look();
    expect(told()).toEqual([false]);
    reach('', 2);
    killAndRemove('two');
    two.end(true);
    expect(told()).toEqual([false]);
    // Gone, and the slice has not reached its limit since.
    killAndRemove('three');
    three.end(true);
    expect(told()).toEqual([true]);
    // Nobody's in the slice: the machine had none left.
    kill('one');
    one.look();
    expect(told()).toEqual([false]);
  });

  it('finds the kill of a scope that is gone in the slice above', async () => {
    add('one');
    const watch = open('one');
    await settled();
    killAndRemove('one');
    watch.end(true);
    expect(told.get('one')).toBe(1);
  });

  it('gives it to the scope that has gone, whatever is looked at and ends in between', async () => {
    add('one', 'two', 'three');
    const [one, two, three] = [open('one'), open('two'), open('three')];
    await settled();
    killAndRemove('one');
    two.look();
    three.look();
    remove('two');
    two.end(false);
    one.end(true);
    kill('three');
    three.look();
    expect([...told]).toEqual([
      ['one', 1],
      ['three', 1],
    ]);
  });

  it('does not take the kills of others that live, or went before it started, for its own', async () => {
    add('theirs', 'gone');
    kill('gone');
    killAndRemove('gone');
    add('one');
    const one = open('one');
    await settled();
    kill('theirs');
    remove('one');
    one.end(true);
    expect(told.size).toBe(0);
  });

  it('does not hand the kill of one that ended on to the next', async () => {
    add('one', 'two');
    const [one, two] = [open('one'), open('two')];
    await settled();
    kill('one');
    one.look();
    remove('one');
    one.end(true);
    remove('two');
    two.end(true);
    expect([...told]).toEqual([['one', 1]]);
  });

  it('does not give it to a scope whose process ended otherwise', async () => {
    add('one', 'two');
    const [one, two] = [open('one'), open('two')];
    await settled();
    killAndRemove('one');
    remove('two');
    two.end(false);
    one.end(true);
    expect([...told]).toEqual([['one', 1]]);
  });

  it('tells of nothing where there is no memory controller', () => {
    rmSync(join(slice, 'memory.events'));
    mkdirSync(join(slice, 'one'));
    const one = open('one');
    one.look();
    one.end(true);
    expect(told.size).toBe(0);
  });
});
