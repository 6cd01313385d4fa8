import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GatherPorts, gatherTree, rootOfTree } from '../../../src/contain/gather-tree.ts';
import type { ProcessFacts } from '../../../src/platform/kernel/process-tree.ts';
import { type ProcessWorld, processWorld } from '../../fixtures/process-world.ts';

const [shared, own, scope] = ['/session.slice/shared.scope', '/app.slice/own.scope', '/app.slice/fence.scope'];

describe('gatherTree', () => {
  const begin = (world: ProcessWorld, root: number) => {
    const ports = { ...world, sleep: () => Promise.resolve() } as unknown as GatherPorts;
    const tree = rootOfTree(world.processes.look(root) as ProcessFacts, world.cgroupOf(root), ports);
    return async (mayMove: (facts: ProcessFacts) => boolean = () => true) => {
      world.processes.move(root, scope);
      return gatherTree(tree, scope, mayMove, ports);
    };
  };
  const outside = (world: ProcessWorld, root: number) =>
    world.alive().filter((pid) => world.comesFrom(pid, root) && world.cgroupOf(pid) !== scope);

  it('takes the whole cgroup where the process is its eldest, whoever lost parent and session before', async () => {
    const world = processWorld();
    const root = world.spawn('app', own);
    const parent = world.fork(root);
    const orphan = world.fork(parent);
    world.setsid(orphan);
    world.exec(orphan, 'daemon');
    world.exit(parent);
    for (let spare = 0; spare < 3; spare += 1) world.spawn('other', shared);
    expect(await begin(world, root)()).toBe(true);
    expect(outside(world, root)).toEqual([]);
    expect(world.alive().filter((pid) => world.cgroupOf(pid) === scope)).toEqual([root, orphan]);
  });

  it('leaves parent, siblings and what they start in a cgroup that they share', async () => {
    const world = processWorld();
    const parent = world.spawn('shell', shared);
    const [root, sibling] = [world.fork(parent), world.fork(parent)];
    world.exec(root, 'app');
    world.exec(sibling, 'app-two');
    world.setsid(root);
    const gather = begin(world, root);
    const born = [world.fork(parent), world.fork(sibling)];
    const orphan = world.fork(born[0] ?? 0);
    world.setsid(orphan);
    world.exit(born[0] ?? 0);
    expect(await gather()).toBe(true);
    expect(world.alive().filter((pid) => world.cgroupOf(pid) === scope)).toEqual([root]);
  });

  it('takes along who left its session and lost its parent while the scope was made, and its children', async () => {
    const world = processWorld();
    const root = world.fork(world.spawn('shell', shared));
    world.exec(root, 'app');
    const gather = begin(world, root);
    const parent = world.fork(root);
    const orphan = world.fork(parent);
    world.setsid(orphan);
    world.exit(parent);
    const child = world.fork(orphan);
    world.exec(child, 'other');
    expect(await gather()).toBe(true);
    expect(world.cgroupOf(orphan)).toBe(scope);
    expect(world.cgroupOf(child)).toBe(scope);
  });

  it('leaves who must stay, and still ends', async () => {
    const world = processWorld();
    const root = world.spawn('app', own);
    const bus = world.fork(root);
    world.exec(bus, 'dbus-daemon');
    expect(await begin(world, root)(({ programs }) => !programs.includes('dbus-daemon'))).toBe(true);
    expect(world.cgroupOf(bus)).toBe(own);
  });

  it('says so when it cannot get ahead of what runs away from it', async () => {
    const world = processWorld();
    const root = world.spawn('app', own);
    let hopper = world.fork(root);
    world.setsid(hopper);
    const gather = begin(world, root);
    world.meanwhile = () => {
      const next = world.fork(hopper);
      world.exit(hopper);
      hopper = next;
      world.setsid(hopper);
    };
    // Whatever is seen has ended when it is to be moved.
    expect(await gather()).toBe(false);
  });

  // A thousand forks, with sessions of their own and parents that end at once, at any moment of the gathering.
  it.each([
    ['its own', own],
    ['a shared', shared],
  ])('has nobody outside when it is done, out of %s cgroup', async (_which, cgroup) => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 12 }), async (numbers, pace) => {
        const world = processWorld();
        let root: number;
        if (cgroup === shared) {
          root = world.fork(world.spawn('shell', shared));
          world.exec(root, 'app');
        } else root = world.spawn('app', own);
        const next = () => numbers.next().value as number;
        let left = 1000;
        const act = () => {
          const ours = world.alive().filter((pid) => world.comesFrom(pid, root));
          const actor = ours[next() % ours.length] as number;
          left -= 1;
          switch (next() % 4) {
            case 0:
              if (actor !== root) world.exit(actor);
              return;
            case 1:
              if (actor !== root) world.setsid(actor);
              return;
            case 2: {
              // The double fork of a daemon, all at once.
              const middle = world.fork(actor);
              const orphan = world.fork(middle);
              world.setsid(orphan);
              world.exit(middle);
              return;
            }
            default:
              world.fork(actor);
          }
        };
        const gather = begin(world, root);
        for (let before = 0; before < 30; before += 1) act();
        let calls = 0;
        world.meanwhile = () => {
          calls += 1;
          if (left > 0 && calls % pace === 0) act();
        };
        const isComplete = await gather();
        world.meanwhile = () => {};
        expect(isComplete).toBe(true);
        expect(outside(world, root)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
