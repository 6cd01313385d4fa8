import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { installEntry } from '../../fixtures/desktop-entries.ts';
import type { Check } from '../../fixtures/promises.ts';
import { theBus } from './world.ts';

// What sees the effect of the method about shared folders.

const id = 'org.test.Shares';
const folder = join(homedir(), 'Shared');
const main = {
  destination: 'org.ringfence.Ringfence1',
  path: '/org/ringfence/Ringfence1',
  interface: 'org.ringfence.Ringfence1',
};
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const update = async () => {
  const [changes] = await theBus().call({ ...main, member: 'UpdateShares' }, 's', [id], 'aa{ss}');
  return changes.map((one) => Object.fromEntries(one) as Record<string, string>);
};
const share = (...words: string[]) =>
  theBus().call({ ...main, member: 'SetConfig' }, 'ssas', [`app.${id}`, 'shared-folders', words], 'as');

/** A strict app that runs, and nothing is shared with it. */
const withApp = (check: (instance: string) => Promise<unknown>) => async () => {
  installEntry(id, ['Exec=sleep 1000']);
  mkdirSync(join(folder, 'inner'), { recursive: true });
  const call = { ...main, member: 'Launch' };
  const [instance] = await theBus().call(call, 'sasa{ss}', [id, [], new Map(Object.entries(strict))], 'o');
  try {
    await check(instance);
  } finally {
    await share();
    const stop = { ...main, path: instance, interface: 'org.ringfence.Instance1', member: 'Stop' };
    await theBus().call(stop, 'u', [0], '');
  }
};
const shared = withApp(async (instance) => {
  expect(await update()).toEqual([]);
  await share('~/Shared');
  expect(await update()).toEqual([{ instance, folder, state: 'shared', reason: '' }]);
  expect(await update()).toEqual([]);
});
const takenAway = withApp(async (instance) => {
  await share('~/Shared');
  await update();
  await share();
  expect(await update()).toEqual([{ instance, folder, state: 'taken-away', reason: '' }]);
});
const stillShared = withApp(async (instance) => {
  await share('~/Shared:ro', '~/Shared/inner:ro');
  await update();
  await share('~/Shared:ro');
  const reason = `it lies in ${folder} (read-only), which stays shared`;
  expect(await update()).toEqual([{ instance, folder: `${folder}/inner (read-only)`, state: 'still-shared', reason }]);
});
const atNextStart = withApp(async () => {
  await share('~/Shared/inner');
  await update();
  await share('~/Shared');
  expect((await update()).map(({ state }) => state)).toEqual(['still-shared', 'shared']);
  await share('~/Shared:ro');
  const [change] = await update();
  expect(change).toMatchObject({ folder: `${folder} (read-only)`, state: 'at-next-start' });
  expect(change?.['reason']).toBe(`it has ${folder} now`);
});

/** What sees the effect of UpdateShares. */
export const busShareChecks: Record<string, Check> = {
  UpdateShares: shared,
  'UpdateShares "instance"': shared,
  'UpdateShares "folder"': shared,
  'UpdateShares "state"': shared,
  'UpdateShares "shared"': shared,
  'UpdateShares "taken-away"': takenAway,
  'UpdateShares "still-shared"': stillShared,
  'UpdateShares "at-next-start"': atNextStart,
  'UpdateShares "reason"': atNextStart,
};
