import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { brokenPromises, fieldOf, promisedEvents } from '../../fixtures/journal-manual.ts';
import { connectTestBus, connectTestClient, endAll, instanceAt } from '../../fixtures/live-daemon.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { type JournalEntry, journal } from '../../harness/journal.ts';
import { waitFor } from '../../harness/wait-for.ts';

const id = 'org.test.Journal.desktop';
const applications = join(process.env['HOME'] ?? '', '.local/share/applications');

describe('what docs/journal.md promises', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;

  beforeAll(async () => {
    mkdirSync(applications, { recursive: true });
    writeFileSync(join(applications, id), '[Desktop Entry]\nType=Application\nName=Test\nExec=sleep 1000\n');
    bus = await connectTestBus();
    client = await connectTestClient();
    daemon = await startDaemon();
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  const events = promisedEvents();
  const messageId = (name: string) => events.find((event) => event.name === name)?.messageId ?? '';
  /** The one entry of an event with these fields, once it is there. */
  const told = async (event: string, fields: Readonly<Record<string, string>>): Promise<JournalEntry> => {
    const match = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`RINGFENCE_${name}`, value]));
    const find = () =>
      journal({ fields: { MESSAGE_ID: messageId(event), _PID: String(daemon.process.pid), ...match } });
    const entries = await waitFor(async () => (await find()).length > 0 && find(), { what: `${event} in the journal` });
    expect(entries).toHaveLength(1);
    const [entry = {}] = entries;
    expect(brokenPromises(entry)).toBe('');
    return entry;
  };
  const run = (argv: readonly string[], options: Record<string, string> = {}) =>
    client.run(argv, new Map(), new Map(Object.entries(options)));

  it('has every event once', () => {
    expect(new Set(events.map(({ name }) => name)).size).toBe(events.length);
    expect(events.length).toBeGreaterThan(12);
  });

  it('finds an app by its id: launched, refused, killed', async () => {
    const path = await client.launch(id, [], new Map());
    const { unit } = await instanceAt(client, path);
    await told('app-launched', { APP: id, UNIT: unit, INSTANCE: path, PROFILE: 'relaxed' });
    await expect(client.launch('org.test.Journal', [], new Map([['profile', 'none']]))).rejects.toMatchObject({
      code: 'NoSuchProfile',
    });
    const refused = await told('launch-refused', { APP: id, ERROR: 'NoSuchProfile' });
    expect(fieldOf(refused, 'REASON')).toBe(refused['MESSAGE']);
    await client.kill(path, 9);
    const ended = await told('instance-ended', { APP: id, UNIT: unit, INSTANCE: path });
    expect(fieldOf(ended, 'RESULT')).toBe('signal');
    expect(fieldOf(ended, 'SIGNAL')).toBe('SIGKILL');
    expect(ended['MESSAGE']).toBe('Test was ended by SIGKILL');
  });

  it('finds a command by its name, and says how it ended', async () => {
    const path = await run(['/bin/sh', '-c', 'exit 3']);
    await told('app-launched', { APP: 'sh', INSTANCE: path });
    const ended = await told('instance-ended', { APP: 'sh', INSTANCE: path, RESULT: 'exit-code', EXIT_CODE: '3' });
    expect(ended['MESSAGE']).toBe('sh ended with exit code 3');
    const good = await run(['true']);
    expect((await told('instance-ended', { INSTANCE: good, RESULT: 'success' }))['MESSAGE']).toBe(
      'true ended with exit code 0',
    );
    await expect(run(['/nowhere/missing'])).rejects.toMatchObject({ code: 'ProgramNotFound' });
    await told('launch-refused', { APP: 'missing', ERROR: 'ProgramNotFound' });
    await expect(run(['/nowhere/missing'], { 'app-id': 'org.test.Journal' })).rejects.toBeDefined();
    await told('launch-refused', { APP: id, ERROR: 'ProgramNotFound' });
  });

  it('names the limit that is not enforced', async () => {
    const path = await run(['sleep', '1000'], { 'io-weight': '50' });
    const entry = await told('limit-not-enforced', { INSTANCE: path, LIMIT: 'io-weight' });
    expect(fieldOf(entry, 'REASON')).toContain('io controller');
  });

  it('names file, line and key of a configuration that is wrong', async () => {
    const file = join(daemon.home.config, 'ringfence/config.toml');
    const save = (text: string) => {
      mkdirSync(join(daemon.home.config, 'ringfence'), { recursive: true });
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    save('[profile.mine]\nbase = "relaxed"\nmemory-max = "lots"\n');
    const place = { FILE: file, LINE: '3', KEY: 'profile.mine.memory-max', ERROR: 'InvalidArgument' };
    await told('config-rejected', place);
    save('not = = toml');
    await told('config-rejected', { FILE: file, LINE: '1' });
    save('');
    await told('config-reloaded', {});
  });

  it('tells of a daemon that starts and ends, and finds its instances', async () => {
    const path = await client.launch(id, [], new Map());
    const stopped = { _PID: String(daemon.process.pid) };
    await daemon.stop();
    // journald may take its time to read what the daemon has left it.
    const said = () => journal({ fields: { MESSAGE_ID: messageId('daemon-stopping'), ...stopped } });
    await expect.poll(said).toHaveLength(1);
    daemon = await startDaemon();
    await told('instance-recovered', { APP: id, INSTANCE: path });
    for (const name of ['daemon-started', 'daemon-stopping'])
      for (const entry of await journal({ fields: { MESSAGE_ID: messageId(name) } }))
        expect(brokenPromises(entry)).toBe('');
  });
});
