import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { installEntry } from '../../fixtures/desktop-entries.ts';
import type { Check } from '../../fixtures/promises.ts';
import { waitFor } from '../../harness/wait-for.ts';
import { theBus } from './world.ts';

// What sees the effect of the methods about the homes of strict apps.

/** One whose profile's place is known. Its entry is the user's own, so its home is apart from that of an installed one. */
const id = 'jedit';
const own = join(homedir(), '.local/share/ringfence/homes', `local.${id}`);
const profile = join(homedir(), '.jedit');

const main = {
  destination: 'org.ringfence.Ringfence1',
  path: '/org/ringfence/Ringfence1',
  interface: 'org.ringfence.Ringfence1',
};
type Texts = Record<string, string>;
const getHome = async (name = id) => {
  const [home, folders] = await theBus().call({ ...main, member: 'GetHome' }, 's', [name], 'a{ss}as');
  return { home: Object.fromEntries(home) as Texts, folders };
};
const importHome = async (name = id) => {
  const [done, skipped] = await theBus().call({ ...main, member: 'ImportHome' }, 's', [name], 'a{ss}as');
  return { done: Object.fromEntries(done) as Texts, skipped };
};
const resetHome = async (name = id) => (await theBus().call({ ...main, member: 'ResetHome' }, 's', [name], 's'))[0];
const strict = { profile: 'strict', 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
const launch = async () =>
  (await theBus().call({ ...main, member: 'Launch' }, 'sasa{ss}', [id, [], new Map(Object.entries(strict))], 'o'))[0];

/** An app with a profile in the user's home, and no home of its own. */
const withProfile = (check: () => Promise<unknown>) => async () => {
  installEntry(id, ['Exec=sleep 1000']);
  mkdirSync(profile, { recursive: true });
  writeFileSync(join(profile, 'properties'), 'x'.repeat(1000));
  rmSync(own, { recursive: true, force: true });
  try {
    await check();
  } finally {
    rmSync(profile, { recursive: true, force: true });
    rmSync(own, { recursive: true, force: true });
  }
};

/** What sees the effect of GetHome, ImportHome, ResetHome and HomeImport. */
export const busHomeChecks: Record<string, Check> = {
  GetHome: withProfile(async () => {
    expect(await getHome()).toMatchObject({ home: { path: own }, folders: ['.jedit'] });
    rmSync(profile, { recursive: true });
    expect((await getHome(`${id}.desktop`)).folders).toEqual([]);
    await expect(getHome('org.test.None')).rejects.toMatchObject({ dbusName: 'org.ringfence.Error.NoSuchApp' });
    // One that is there needs no app.
    mkdirSync(join(own, '../named.promised'), { recursive: true });
    expect((await getHome('promised')).home).toMatchObject({ path: join(own, '../named.promised'), exists: 'yes' });
  }),
  'GetHome "path"': withProfile(async () => {
    expect((await getHome()).home['path']).toBe(own);
    const instance = await launch();
    expect(existsSync(own)).toBe(true);
    const stop = { ...main, path: instance, interface: 'org.ringfence.Instance1', member: 'Stop' };
    await theBus().call(stop, 'u', [0], '');
  }),
  'GetHome "exists"': withProfile(async () => {
    expect((await getHome()).home['exists']).toBe('no');
    mkdirSync(own, { recursive: true });
    expect((await getHome()).home['exists']).toBe('yes');
  }),
  'GetHome "no"': withProfile(async () => expect((await getHome()).home['exists']).toBe('no')),
  'GetHome "bytes"': withProfile(async () => {
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'big'), Buffer.alloc(1_000_000));
    expect(Number((await getHome()).home['bytes'])).toBeGreaterThan(900_000);
  }),
  ImportHome: withProfile(async () => {
    // Cut short by the death of whoever made it.
    mkdirSync(`${own}.import/0`, { recursive: true });
    await importHome();
    expect(existsSync(join(own, '.jedit/properties'))).toBe(true);
    expect(existsSync(`${own}.import`)).toBe(false);
    const refused = { dbusName: 'org.ringfence.Error.InvalidArgument' };
    await expect(importHome()).rejects.toMatchObject(refused);
    rmSync(own, { recursive: true });
    const instance = await launch();
    await expect(importHome()).rejects.toMatchObject(refused);
    await expect(resetHome()).rejects.toMatchObject(refused);
    const stop = { ...main, path: instance, interface: 'org.ringfence.Instance1', member: 'Stop' };
    await theBus().call(stop, 'u', [0], '');
    await waitFor(() => importHome(), { what: 'an import once it has ended' });
  }),
  'ImportHome "files"': withProfile(async () => expect((await importHome()).done['files']).toBe('1')),
  'ImportHome "bytes"': withProfile(async () => expect((await importHome()).done['bytes']).toBe('1000')),
  ResetHome: withProfile(async () => {
    await expect(resetHome()).rejects.toMatchObject({ dbusName: 'org.ringfence.Error.InvalidArgument' });
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'mine'), '');
    const trash = await resetHome();
    expect(existsSync(own)).toBe(false);
    expect(existsSync(join(trash, 'mine'))).toBe(true);
  }),
  HomeImport: withProfile(async () => {
    const [, progress] = await importTold();
    expect(progress).toBeInstanceOf(Map);
  }),
  'HomeImport "files"': withProfile(async () => expect((await importTold())[1].get('files')).toBe('1')),
  'HomeImport "bytes"': withProfile(async () => expect((await importTold())[1].get('bytes')).toBe('1000')),
  'HomeImport "bytes-total"': withProfile(async () => expect((await importTold())[1].get('bytes-total')).toBe('1000')),
};

/** The first signal of an import. */
async function importTold(): Promise<[name: string, progress: Map<string, string>]> {
  const told: unknown[][] = [];
  const filter = { sender: main.destination, interface: main.interface, member: 'HomeImport' };
  const stop = await theBus().subscribe(filter, ({ body }) => told.push([...body]));
  try {
    await importHome();
    const first = await waitFor(() => told[0], { what: 'the signal' });
    expect(first[0]).toBe(id);
    return first as [string, Map<string, string>];
  } finally {
    await stop();
  }
}
