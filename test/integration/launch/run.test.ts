import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { installEntryText, removeEntries } from '../../fixtures/desktop-entries.ts';
import {
  connectTestBus,
  connectTestClient,
  endAll,
  instanceAt,
  manager,
  type ProcessFacts,
  processFacts,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { cgroupFolder } from '../../harness/cgroup.ts';
import { output } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

describe('Run', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
  });
  afterEach(() => endAll(bus));
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
  });

  // The reply comes when the gate is released; the exec follows a moment later.
  const run = async (args: string[], variables: Record<string, string> = {}, options: Record<string, string> = {}) => {
    const argv = ['sh', '-c', 'sleep 1000; :', ...args];
    const path = await client.run(argv, new Map(Object.entries(variables)), new Map(Object.entries(options)));
    const facts: ProcessFacts = await waitFor(
      async () => {
        const { pids } = await instanceAt(client, path);
        return pids.map(processFacts).find((one) => one?.argv[2] === argv[2]);
      },
      { what: 'the command itself' },
    );
    return { instance: await instanceAt(client, path), facts };
  };

  it.each([
    ['quotes, dollars and backslashes', [`'"$HOME" \`x\` \\n`, '$(id)', '*']],
    ['line breaks and tabs', ['a\nb\tc', '\n']],
    ['empty arguments', ['', 'x', '']],
    ['leading dashes and equals signs', ['-x', '--', '--go=1', 'A=B']],
    ['other scripts', ['Größe', '日本', '🐧']],
    ['one argument of 128 KiB less one byte', ['x'.repeat(131_071)]],
    ['1,000 arguments', Array.from({ length: 1000 }, (_, index) => `argument ${index}`)],
  ])('hands on %s unchanged', async (_what, args) => {
    const { facts } = await run(args);
    expect(facts.argv.slice(3)).toEqual(args);
  });

  it('tells a program where to watch for memory pressure, where there is such a place', async () => {
    const stale = { MEMORY_PRESSURE_WATCH: '/sys/fs/cgroup/another/memory.pressure', MEMORY_PRESSURE_WRITE: 'eA==' };
    const { instance, facts } = await run([], stale);
    const file = join(await cgroupFolder(instance.unit), 'memory.pressure');
    const [watch, write] = ['WATCH', 'WRITE'].map((name) => facts.environment.get(`MEMORY_PRESSURE_${name}`));
    // Only a kernel with PSI has it.
    expect(watch).toBe(existsSync(file) ? file : undefined);
    if (watch === undefined) return expect(write).toBeUndefined();
    // What systemd.io/MEMORY_PRESSURE tells a program to do; the kernel refuses what is no trigger.
    const trigger = Buffer.from(write ?? '', 'base64');
    expect(trigger.toString()).toBe('some 200000 2000000\0');
    writeFileSync(watch, trigger, { flag: 'r+' });
    expect(() => writeFileSync(watch, 'no trigger', { flag: 'r+' })).toThrow(/EINVAL/);
  });

  it('puts the variables over the environment of the user manager', async () => {
    await manager(bus, 'SetEnvironment', 'as', [['RF_ONE=manager', 'RF_TWO=manager']], '');
    const { facts } = await run([], {
      RF_TWO: 'caller',
      RF_EMPTY: '',
      RF_ODD: 'a=b=c\n"ü"',
      'BASH_FUNC_x%%': '() { :; }',
      __proto__x: 'p',
    });
    await manager(bus, 'UnsetEnvironment', 'as', [['RF_ONE', 'RF_TWO']], '');
    expect(facts.environment.get('RF_ONE')).toBe('manager');
    expect(facts.environment.get('RF_TWO')).toBe('caller');
    expect(facts.environment.get('RF_EMPTY')).toBe('');
    expect(facts.environment.get('RF_ODD')).toBe('a=b=c\n"ü"');
    expect(facts.environment.get('BASH_FUNC_x%%')).toBe('() { :; }');
  });

  it('keeps variables that mean something to a shell', async () => {
    const variables = {
      go: 'g',
      OPTIND: 'abc',
      IFS: ':',
      PPID: '1',
      LINENO: '9',
      PS4: 'p',
      ENV: '/e',
      'a-b': 'c',
      '1x': 'y',
    };
    const path = await client.run(['sleep', '1000'], new Map(Object.entries(variables)), new Map());
    const [pid = 0] = (await instanceAt(client, path)).pids;
    const facts = await waitFor(() => [processFacts(pid)].find((one) => one?.argv[0] === 'sleep'), { what: 'sleep' });
    expect(Object.fromEntries([...facts.environment].filter(([name]) => Object.hasOwn(variables, name)))).toEqual(
      variables,
    );
  });

  it('runs a program whose name starts with a dash, or has an equals sign', async () => {
    const folder = temporaryFolder();
    symlinkSync('/bin/sleep', `${folder}/-sleep`);
    symlinkSync('/bin/sleep', `${folder}/sl=eep`);
    for (const name of ['-sleep', 'sl=eep']) {
      const path = await client.run([name, '1000'], new Map([['PATH', `${folder}:/bin`]]), new Map());
      await waitFor(
        async () => (await instanceAt(client, path)).pids.some((pid) => processFacts(pid)?.argv[0] === name),
        { what: `${name} to run` },
      );
    }
  });

  it('names the unit after the program, or after the app it is told', async () => {
    expect((await run([])).instance).toMatchObject({
      appId: '',
      name: 'sh',
      unit: expect.stringMatching(/^app-ringfence-sh-\d+\.scope$/),
    });
    expect((await run([], {}, { 'app-id': 'org.test.Tool' })).instance).toMatchObject({
      appId: 'org.test.Tool.desktop',
      unit: expect.stringMatching(/^app-ringfence-org\.test\.Tool-\d+\.scope$/),
    });
  });

  it('has the name of the app that the command belongs to, in the language of the user', async () => {
    installEntryText('org.test.Named', '[Desktop Entry]\nType=Application\nName=Tool\nName[de]=Werkzeug\nExec=true\n');
    installEntryText('org.test.Broken', 'Name=Tool\n');
    const nameOf = async (id: string, variables = {}) => (await run([], variables, { 'app-id': id })).instance.name;
    expect(await nameOf('org.test.Named', { LANG: 'C' })).toBe('Tool');
    expect(await nameOf('org.test.Named', { LANG: 'de_DE.UTF-8' })).toBe('Werkzeug');
    expect(await nameOf('org.test.Broken')).toBe('org.test.Broken');
    expect(await nameOf('org.test.Absent')).toBe('org.test.Absent');
    removeEntries();
  });

  it('gives the app the limit of open files that the user manager gives its services', async () => {
    const { facts, instance } = await run([]);
    expect(facts.argv[0]).toBe('sh');
    const limits = readFileSync(`/proc/${instance.pids[0]}/limits`, 'utf8');
    expect(/^Max open files\s+(\d+)/m.exec(limits)?.[1]).toBe(
      await output(['systemctl', '--user', 'show', '--value', '--property=DefaultLimitNOFILESoft']),
    );
  });
});
