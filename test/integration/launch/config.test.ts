import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../../src/platform/dbus/connection.ts';
import {
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  endDaemon,
  instanceAt,
} from '../../fixtures/live-daemon.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { type TempHome, tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

const good = (memory: string) =>
  `default-profile = "mine"\n\n[profile.mine]\nbase = "relaxed"\nmemory-max = "${memory}"\n`;
const broken = '[profile.mine]\nbase = "relaxed"\nmemory-max = "lots"\n';

describe('the configuration', () => {
  let bus: BusConnection;
  let client: Client;
  let home: TempHome;
  let file: string;

  beforeEach(async () => {
    bus = await connectTestBus();
    client = await connectTestClient();
    home = tempHome();
    mkdirSync(join(home.config, 'ringfence'));
    file = join(home.config, 'ringfence/config.toml');
  });
  afterEach(async () => {
    await endAll(bus);
    await endDaemon(bus);
    await client.close();
    await bus.close();
    home.remove();
  });

  const property = async (name: string) => (await client.properties()).get(name);
  const profile = async (name: string) => ((await property('Profiles')) as Map<string, Map<string, string>>).get(name);
  const askedMemory = async () => {
    const instance = await instanceAt(client, await client.run(['sleep', '1000'], new Map(), new Map()));
    const row = instance.report.find((one) => one.get('name') === 'memory-max');
    return { profile: instance.profile, asked: row?.get('asked'), origin: row?.get('origin') };
  };
  // As editors save: the new text beside the file, then in its place.
  const save = (text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };

  it('of the user holds for the next launch, and a change for the one after it', async () => {
    save(good('1G'));
    const daemon = await startDaemon({ home });
    expect(await askedMemory()).toEqual({ profile: 'mine', asked: '1G', origin: `${file}:5` });
    const changes: Signal[] = [];
    await bus.subscribe(
      { sender: busName, interface: 'org.freedesktop.DBus.Properties', member: 'PropertiesChanged' },
      (signal) => changes.push(signal),
    );
    save(good('2G'));
    await waitFor(async () => (await profile('mine'))?.get('memory-max') === '2G', { what: 'the change' });
    expect(await askedMemory()).toMatchObject({ asked: '2G' });
    // The signals come over another connection than the answers.
    const changed = () => changes.flatMap(({ body }) => [...(body[1] as Map<string, unknown>).keys()]);
    await expect.poll(changed).toContain('Profiles');
    await daemon.stop();
  });

  it('that breaks while the daemon runs changes nothing but ConfigError, which names file, line and key', async () => {
    save(good('1G'));
    const daemon = await startDaemon({ home });
    save(broken);
    const error = await waitFor(async () => ((await property('ConfigError')) as string) || undefined, {
      what: 'the error',
    });
    expect(error).toContain(`cannot read ${file}: line 3: profile.mine.memory-max: `);
    expect(await askedMemory()).toMatchObject({ profile: 'mine', asked: '1G' });
    save('not = = toml');
    await waitFor(async () => String(await property('ConfigError')).includes('line 1'), { what: 'the other error' });
    expect(await askedMemory()).toMatchObject({ profile: 'mine', asked: '1G' });
    save(good('3G'));
    await waitFor(async () => (await property('ConfigError')) === '', { what: 'the error to be gone' });
    expect(await askedMemory()).toMatchObject({ asked: '3G' });
    await daemon.stop();
  });

  it('that is broken at the start leaves the last good one in force, over a restart', async () => {
    save(good('1G'));
    const first = await startDaemon({ home });
    await first.stop();
    save(broken);
    const second = await startDaemon({ home });
    expect(await property('ConfigError')).toContain(`${file}: line 3: profile.mine.memory-max`);
    expect(await askedMemory()).toMatchObject({ profile: 'mine', asked: '1G' });
    await second.stop();
  });

  it('that was never good leaves the built-ins, and the daemon starts', async () => {
    save(broken);
    const daemon = await startDaemon({ home });
    expect(await property('ConfigError')).toContain(`${file}: line 3`);
    expect(await askedMemory()).toMatchObject({ profile: 'relaxed', asked: '70%' });
    await daemon.stop();
  });

  it('can come and go', async () => {
    const daemon = await startDaemon({ home });
    expect(await askedMemory()).toMatchObject({ profile: 'relaxed', asked: '70%', origin: 'built-in' });
    save(good('1G'));
    await waitFor(async () => (await profile('mine')) !== undefined, { what: 'the new file' });
    rmSync(file);
    await waitFor(async () => (await profile('mine')) === undefined, { what: 'the file to be gone' });
    expect(await askedMemory()).toMatchObject({ profile: 'relaxed' });
    await daemon.stop();
  });

  it('gives an app its own settings, whether it is launched or run', async () => {
    save('[app."org.test.Own"]\nmemory-max = "123M"\n');
    const daemon = await startDaemon({ home });
    const options = new Map([['app-id', 'org.test.Own']]);
    const instance = await instanceAt(client, await client.run(['sleep', '1000'], new Map(), options));
    expect(instance.report.find((row) => row.get('name') === 'memory-max')?.get('asked')).toBe('123M');
    await daemon.stop();
  });
});
