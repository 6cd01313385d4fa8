import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { expectLimit, limitEffects } from '../../fixtures/limit-effects.ts';
import { type Check, seenIn } from '../../fixtures/promises.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { app, configFile, done, installApp, json, ringfence, theClient, theUnit } from './world.ts';

// What sees the effect of the commands that write the user's configuration.

/** Launches the app anew until its scope has the limit: a change holds soon, not at once. */
const holds = (limit: string) =>
  waitFor(
    async () => {
      await done('launch', app);
      const unit = await theUnit();
      const seen = await expectLimit(limit, unit).then(
        () => true,
        (error: unknown) => error,
      );
      if (seen !== true) await done('stop', '--timeout', '0', unit);
      if (seen !== true) throw seen;
      return true;
    },
    { what: `${limit} to hold` },
  );
const restored = (check: () => Promise<unknown>) => async () => {
  const before = readFileSync(configFile(), 'utf8');
  try {
    await check();
  } finally {
    writeFileSync(configFile(), before);
    await waitFor(async () => (await theClient().configError()) === '', { what: 'the configuration as it was' });
  }
};

/** What sees the effect of `ringfence config`, and of the limits of `ringfence enable`. */
export const configChecks: Record<string, Check> = {
  ...Object.fromEntries(
    Object.entries(limitEffects).map(([limit, [value]]): [string, Check] => [
      `enable --${limit}`,
      restored(async () => {
        installApp();
        await done('enable', `--${limit}`, value, app);
        await holds(limit);
      }),
    ]),
  ),
  'config get': seenIn('integration/clients/cli/config.test.ts', 'shows what holds and where it is written'),
  'config set': restored(async () => {
    installApp();
    await done('config', 'set', app, 'tasks-max', '33');
    await holds('tasks-max');
  }),
  'config unset': restored(async () => {
    installApp();
    const before = await done('config', 'get');
    await done('config', 'set', app, 'tasks-max', '33');
    expect(await done('config', 'get')).not.toBe(before);
    await done('config', 'unset', app, 'tasks-max');
    expect(await done('config', 'get')).toBe(before);
    expect(readFileSync(configFile(), 'utf8')).not.toContain('tasks-max');
  }),
  'config check': restored(async () => {
    expect((await ringfence('config', 'check')).code).toBe(0);
    writeFileSync(configFile(), '[profile.mine]\nbase = "relaxed"\nmemory-max = "lots"\n');
    const { code, stdout, stderr } = await ringfence('config', 'check');
    expect([code, `${stdout}${stderr}`]).toEqual([1, expect.stringMatching(/line 3: profile\.mine\.memory-max/)]);
  }),
  'config --json': async () => expect(JSON.stringify(await json('config', 'get', '--json'))).toContain('mine'),
};
