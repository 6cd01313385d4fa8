import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Check } from '../../fixtures/promises.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { app, configFile, installApp, ringfence, theBus, theClient, version } from './world.ts';

// What sees the effect of the methods about settings and about this computer, and of the signal about apps.

type Rows = Record<string, string>[];

const main = {
  destination: 'org.ringfence.Ringfence1',
  path: '/org/ringfence/Ringfence1',
  interface: 'org.ringfence.Ringfence1',
};
const rowsOf = (rows: unknown) => (rows as Map<string, string>[]).map((row) => Object.fromEntries(row)) as Rows;
const getConfig = async (section: string) =>
  rowsOf((await theBus().call({ ...main, member: 'GetConfig' }, 's', [section], 'aa{ss}'))[0]);
const setConfig = async (section: string, key: string, words: string[]) =>
  (await theBus().call({ ...main, member: 'SetConfig' }, 'ssas', [section, key, words], 'as'))[0];
const doctor = async () => rowsOf((await theBus().call({ ...main, member: 'Doctor' }, '', [], 'aa{ss}'))[0]);
const valueIn = async (section: string, key: string) => (await getConfig(section)).find((row) => row['key'] === key);
/** The file is as it was, and in force, when a check has ended. */
const keeping = async (check: () => Promise<unknown>) => {
  const text = readFileSync(configFile(), 'utf8');
  try {
    await check();
  } finally {
    writeFileSync(configFile(), text);
    const isBack = async () => (await valueIn(`app.${app}`, 'tasks-max'))?.['origin'] === 'built-in';
    await waitFor(isBack, { what: 'the configuration as it was' });
  }
};

/** What sees the effect of GetConfig, SetConfig, Doctor and AppsChanged. */
export const busSettingsChecks: Record<string, Check> = {
  GetConfig: () =>
    keeping(async () => {
      await setConfig(`app.${app}`, 'tasks-max', ['77']);
      const isIn = async () => (await valueIn(`app.${app}`, 'tasks-max'))?.['value'] === '77';
      await waitFor(isIn, { what: 'the change' });
      await expect(getConfig('no-such-section')).rejects.toThrow('app.ID');
    }),
  'GetConfig "key"': async () => expect(await getConfig('')).toMatchObject([{ key: 'default-profile' }]),
  'GetConfig "value"': async () => expect(await getConfig('')).toMatchObject([{ value: 'relaxed' }]),
  'GetConfig "origin"': async () => {
    expect(await getConfig('')).toMatchObject([{ origin: 'built-in' }]);
    expect(await valueIn('profile.mine', 'base')).toMatchObject({ origin: `${configFile()}:2` });
  },
  SetConfig: () =>
    keeping(async () => {
      const good = readFileSync(configFile(), 'utf8');
      const section = `app.${app}.desktop`;
      for (const name of ['A', 'B', 'C']) mkdirSync(join(process.env['HOME'] ?? '', name), { recursive: true });
      expect(await setConfig(section, 'shared-folders', ['~/A', '~/B:ro'])).toEqual([]);
      expect(await setConfig(section, 'shared-folders', ['~/C'])).toEqual(['~/A', '~/B:ro']);
      expect(readFileSync(configFile(), 'utf8')).toContain('shared-folders = ["~/C"]');
      await expect(setConfig(section, 'tasks-max', ['lots'])).rejects.toThrow('tasks-max');
      await expect(setConfig(section, 'shared-folders', ['~/C', '~/'])).rejects.toThrow('"~/": it is the home itself');
      expect(await setConfig(section, 'shared-folders', [])).toEqual(['~/C']);
      expect(readFileSync(configFile(), 'utf8')).not.toContain('shared-folders');
      expect(readFileSync(configFile(), 'utf8')).toContain(good.trim());
    }),
  Doctor: async () => {
    const { stdout } = await ringfence('doctor', '--json');
    const { findings } = JSON.parse(stdout) as { findings: Rows };
    expect((await doctor()).map(({ name }) => name)).toEqual(findings.map(({ name }) => name));
  },
  'Doctor "name"': async () => expect(await doctor()).toContainEqual(expect.objectContaining({ name: 'session bus' })),
  'Doctor "state"': async () =>
    expect((await doctor()).find(({ name }) => name === 'session bus')).toMatchObject({ state: 'works' }),
  'Doctor "says"': async () =>
    expect((await doctor()).find(({ name }) => name === 'daemon')?.['says']).toContain(version()),
  'Doctor "fix"': () =>
    keeping(async () => {
      writeFileSync(configFile(), 'memory-max = "lots"\n');
      expect((await doctor()).find(({ name }) => name === 'configuration')).toMatchObject({
        state: 'limited',
        fix: expect.stringContaining('correct the line'),
      });
    }),
  AppsChanged: async () => {
    let count = 0;
    const stop = await theBus().subscribe({ sender: main.destination, interface: main.interface }, ({ member }) => {
      if (member === 'AppsChanged') count += 1;
    });
    installApp();
    await theClient().enableApps([app], new Map());
    await waitFor(() => count > 0, { what: 'the signal' });
    const before = count;
    await ringfence('disable', app);
    await waitFor(() => count > before, { what: 'the signal after disabling' });
    await stop();
  },
};
