import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Client, InstanceView } from '../../../../src/clients/cli/client.ts';
import { byAge, findAllInstances, findInstances } from '../../../../src/clients/cli/find-instances.ts';

const instance = (unit: string, startedAt: number, more: Partial<InstanceView> = {}): InstanceView => ({
  path: `/org/ringfence/Ringfence1/instance/${unit}`,
  appId: '',
  name: unit,
  unit: `${unit}.scope`,
  profile: 'relaxed',
  incomplete: false,
  pids: [],
  startedAt: BigInt(startedAt),
  isFrozen: false,
  limits: new Map(),
  usage: new Map(),
  report: [],
  ...more,
});
const clientOf = (instances: InstanceView[]) =>
  ({ instances: async () => instances, listApps: async () => [] }) as unknown as Client;
const units = (found: readonly InstanceView[]) => found.map(({ unit }) => unit);

describe('instances', () => {
  it('are oldest first, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat(5))), (all) => {
        const sorted = byAge(all.map(([unit, at]) => instance(unit, at)));
        expect(sorted).toHaveLength(all.length);
        for (const [index, one] of sorted.slice(1).entries()) {
          const before = sorted[index] ?? one;
          expect(
            before.startedAt < one.startedAt || (before.startedAt === one.startedAt && before.unit <= one.unit),
          ).toBe(true);
        }
      }),
    );
  });

  it('are found by unit, object, process, app and name, oldest first', async () => {
    const two = instance('b', 2, { appId: 'org.x.App.desktop', name: 'My App', pids: [20, 21] });
    const one = instance('a', 1, { appId: 'org.x.App.desktop', name: 'My App', pids: [10] });
    const client = clientOf([two, instance('sleep', 3), one]);
    for (const word of ['org.x.App', 'org.x.App.desktop', 'app', 'my app'])
      expect(units(await findInstances(client, word))).toEqual(['a.scope', 'b.scope']);
    for (const word of ['b', 'b.scope', two.path, '20', '21'])
      expect(units(await findInstances(client, word))).toEqual(['b.scope']);
    expect(units(await findInstances(client, 'sleep'))).toEqual(['sleep.scope']);
    expect(units(await findAllInstances(client, ['sleep', 'b', 'app']))).toEqual(['a.scope', 'b.scope', 'sleep.scope']);
  });

  it('that are not there are told with what runs', async () => {
    await expect(findInstances(clientOf([]), 'x')).rejects.toMatchObject({
      code: 'NoSuchInstance',
      message: 'no running instance of "x"; nothing is running in a fence',
    });
    const client = clientOf([instance('make', 1), instance('a', 2, { appId: 'firefox.desktop', name: 'Firefox' })]);
    await expect(findInstances(client, 'firefix')).rejects.toMatchObject({
      message: 'no running instance of "firefix"; running: firefox, make; did you mean firefox (Firefox)?',
    });
  });
});
