import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import { errorTable, type RingfenceError } from '../../../src/domain/errors.ts';
import type { BusConnection } from '../../../src/platform/dbus/connection.ts';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import { installEntry, installEntryText, installProgram, removeEntries } from '../../fixtures/desktop-entries.ts';
import {
  built,
  busName,
  connectTestBus,
  connectTestClient,
  endAll,
  fenceUnits,
  processesWith,
  rootPath,
  startBundledDaemon,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { dbusSend, errorName } from '../../harness/bus-call.ts';
import { command } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Its name is on the command line of whatever runs of it.
const marker = 'ringfence-test-bad-input';

describe('bad input', () => {
  let bus: BusConnection;
  let client: Client;
  let daemon: Daemon;
  let app: string;
  let folder: string;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    client = await connectTestClient();
    folder = temporaryFolder();
    app = installProgram(folder, 'app', '#!/bin/sh\nsleep 1000\n');
    installProgram(folder, 'not-executable', '#!/bin/sh\n', 0o644);
    installEntry('good', [
      `Exec=${app} ${marker} %U`,
      'Actions=new;',
      '',
      '[Desktop Action new]',
      'Name=N',
      `Exec=${app}`,
    ]);
    installEntry('one-each', [`Exec=${app} ${marker} %f`]);
    installEntry('packaged', ['Exec=env flatpak run org.example.App']);
    installEntry('no-exec', ['Icon=x']);
    installEntry('hidden', [`Exec=${app}`, 'Hidden=true']);
    installEntry('try-exec', [`Exec=${app} ${marker}`, 'TryExec=no-such-program-here']);
    installEntry('exec-missing', [`Exec=/no/such/program ${marker}`]);
    installEntry('exec-not-executable', [`Exec=${folder}/not-executable`]);
    installEntry('bad-quoting', [`Exec=${app} "unterminated`]);
    installEntry('bad-path', [`Exec=${app}`, 'Path=/no/such/folder']);
    installEntryText('link', '[Desktop Entry]\nType=Link\nName=L\nURL=http://example.org\n');
    installEntryText('no-group', 'Exec=/bin/true\n');
    installEntryText('binary', '\0\x01\x02[Desktop Entry]\nType=Application\n');
    installEntryText('empty', '');
  });
  afterAll(async () => {
    removeEntries();
    await client.close();
    await daemon.stop();
    await bus.close();
  });
  afterEach(async () => {
    // Whatever the answer was: no scope, and no process of it.
    expect(await fenceUnits(bus)).toEqual([]);
    expect(processesWith(marker)).toEqual([]);
  });

  const refusal = (promise: Promise<unknown>): Promise<RingfenceError> =>
    promise.then(
      () => {
        throw new Error('it was not refused');
      },
      (error: RingfenceError) => error,
    );

  const bytes = (count: number) => 'x'.repeat(count);
  const launches: [string, string, string[], Record<string, string>, keyof typeof errorTable, RegExp][] = [
    ['an unknown app', 'nosuch', [], {}, 'NoSuchApp', /^cannot launch nosuch\.desktop: no such application in \//],
    ['an empty id', '', [], {}, 'InvalidArgument', /empty/],
    ['an id with a slash', '../good', [], {}, 'InvalidArgument', /slash/],
    ['an id with NUL', 'go\0od', [], {}, 'InvalidArgument', /./],
    ['an unknown action', 'good', [], { action: 'old' }, 'NoSuchAction', /"old".*its actions are new/],
    ['an entry without Exec', 'no-exec', [], {}, 'BadEntry', /no Exec line/],
    ['a deleted entry', 'hidden', [], {}, 'NoSuchApp', /Hidden=true/],
    ['a missing TryExec', 'try-exec', [], {}, 'ProgramNotFound', /no-such-program-here/],
    ['a missing program', 'exec-missing', [], {}, 'ProgramNotFound', /\/no\/such\/program/],
    [
      'a program that may not be executed',
      'exec-not-executable',
      [],
      {},
      'ProgramNotExecutable',
      /may not be executed/,
    ],
    ['an unterminated quote', 'bad-quoting', [], {}, 'BadEntry', /./],
    ['a Path that is not there', 'bad-path', [], {}, 'BadEntry', /\/no\/such\/folder/],
    ['a link', 'link', [], {}, 'BadEntry', /Type=Link/],
    ['a file without the main group', 'no-group', [], {}, 'BadEntry', /./],
    ['a binary file', 'binary', [], {}, 'BadEntry', /./],
    ['an empty file', 'empty', [], {}, 'BadEntry', /./],
    ['a limit that is no number', 'good', [], { 'memory-max': 'lots' }, 'InvalidLimit', /memory-max to "lots"/],
    ['memory-max=0', 'good', [], { 'memory-max': '0' }, 'InvalidLimit', /memory-max to "0"/],
    ['memory-max=-1', 'good', [], { 'memory-max': '-1' }, 'InvalidLimit', /memory-max/],
    ['cpu-quota=0%', 'good', [], { 'cpu-quota': '0%' }, 'InvalidLimit', /cpu-quota/],
    ['tasks-max=0', 'good', [], { 'tasks-max': '0' }, 'InvalidLimit', /tasks-max/],
    ['a property of systemd', 'good', [], { ExecStart: '/bin/sh' }, 'UnknownOption', /unknown option "ExecStart"/],
    ['a limit by its systemd name', 'good', [], { MemoryMax: '1G' }, 'UnknownOption', /"MemoryMax".*memory-max/],
    ['an option of Run', 'good', [], { 'app-id': 'x' }, 'UnknownOption', /"app-id"/],
    ['__proto__ as an option', 'good', [], Object.fromEntries([['__proto__', 'x']]), 'UnknownOption', /__proto__/],
    ['a relative folder', 'good', [], { 'working-directory': 'tmp' }, 'InvalidArgument', /absolute/],
    ['a folder that is not there', 'good', [], { 'working-directory': '/no/such' }, 'InvalidArgument', /\/no\/such/],
    ['an unknown profile', 'good', [], { profile: 'loose' }, 'NoSuchProfile', /"loose".*relaxed, strict/],
    ['strict for an app that has its own sandbox', 'packaged', [], { profile: 'strict' }, 'NotEnforceable', /strictly/],
    [
      'more than 1 MB of URIs',
      'good',
      Array.from({ length: 20 }, () => `file:///${bytes(60_000)}`),
      {},
      'InvalidArgument',
      /too long/,
    ],
    [
      '50,000 files for an app that takes one in each process',
      'one-each',
      Array.from({ length: 50_000 }, (_, index) => `file:///${index}`),
      {},
      'InvalidArgument',
      /50000 files at once.*at most 100/,
    ],
    ['one URI of 200 KB', 'good', [`file:///${bytes(200_000)}`], {}, 'InvalidArgument', /too long/],
  ];

  it.each(launches)('Launch refuses %s', async (_what, id, uris, options, code, message) => {
    // NUL cannot be sent in a string of D-Bus: this side's own encoder refuses it already.
    const error = await refusal(client.launch(id, uris, new Map(Object.entries(options))));
    if (id.includes('\0')) expect(error).toBeInstanceOf(TypeError);
    else expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/\n {4}at |\.$/);
  });

  const runs: [string, string[], Record<string, string>, Record<string, string>, keyof typeof errorTable, RegExp][] = [
    ['an empty command', [], {}, {}, 'InvalidArgument', /the command is empty/],
    ['an empty program', ['', 'x'], {}, {}, 'InvalidArgument', /the command is empty/],
    ['an unknown program', ['no-such-program', marker], {}, {}, 'ProgramNotFound', /no-such-program/],
    ['a folder as program', ['/tmp', marker], {}, {}, 'ProgramNotFound', /\/tmp/],
    ['a name with an equals sign', ['true', marker], { 'a=b': 'c' }, {}, 'InvalidArgument', /"a=b"/],
    ['a variable without a name', ['true', marker], { '': 'c' }, {}, 'InvalidArgument', /""/],
    ['an option of Launch', ['true', marker], {}, { action: 'x' }, 'UnknownOption', /"action"/],
    ['a bad app id', ['true', marker], {}, { 'app-id': 'a/b' }, 'InvalidArgument', /slash/],
    ['an argument of 128 KiB', ['true', marker, bytes(131_072)], {}, {}, 'InvalidArgument', /too long/],
    [
      '1 MB of arguments',
      ['true', ...Array.from({ length: 11 }, () => bytes(100_000))],
      {},
      {},
      'InvalidArgument',
      /too long/,
    ],
    [
      '1 MB of variables',
      ['true'],
      Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`V${i}`, bytes(100_000)])),
      {},
      'InvalidArgument',
      /too long/,
    ],
    ['a limit that is no number', ['true', marker], {}, { 'cpu-quota': '5' }, 'InvalidLimit', /cpu-quota/],
  ];

  it.each(runs)('Run refuses %s', async (_what, argv, variables, options, code, message) => {
    const error = await refusal(client.run(argv, new Map(Object.entries(variables)), new Map(Object.entries(options))));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it.each([
    [['launch', 'nosuch'], 3],
    [['launch', '--action', 'old', 'good'], 3],
    [['launch', 'no-exec'], 4],
    [['launch', '--profile', 'strict', 'packaged'], 5],
    [['launch', '--profile', 'loose', 'good'], 2],
    [['launch', '--memory-max', '0', 'good'], 2],
    [['launch', 'exec-not-executable'], 126],
    [['launch', 'exec-missing'], 127],
    [['launch'], 2],
    [['launch', '--nosuch', 'good'], 2],
    [['run'], 2],
    [['run', 'no-such-program'], 127],
    [['run', '--cpu-quota', 'x', 'true'], 2],
    [['stop', 'nosuch'], 3],
    [['show', 'nosuch'], 3],
    [['kill', '--signal', 'NOSUCH', 'x'], 2],
    [['nosuch'], 2],
  ])('the command line ends "%s" with %d and one line', async (args, code) => {
    const result = await command([built.ringfence, ...args]);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(/^ringfence: [^\n]+\n$/);
  });

  it('dbus-send sees the documented error name and the message', async () => {
    const result = await dbusSend('Launch', ['string:nosuch', 'array:string:', 'dict:string:string:']);
    expect(errorName(result)).toBe(errorTable.NoSuchApp.dbusName);
    expect(result.stderr).toContain('cannot launch nosuch.desktop: no such application in ');
  });

  it('the error for an id that is not whole names those that may be meant', async () => {
    const result = await dbusSend('Launch', ['string:exec', 'array:string:', 'dict:string:string:']);
    expect(errorName(result)).toBe(errorTable.NoSuchApp.dbusName);
    expect(result.stderr).toMatch(/; did you mean exec-missing\.desktop or exec-not-executable\.desktop\?$/m);
  });

  it('has an exit code for every error name of the contract', () => {
    const text = execFileSync('cat', ['dbus/org.ringfence.Ringfence1.xml'], { encoding: 'utf8' });
    const documented = [...text.matchAll(/^ {4}(org\.ringfence\.Error\.\w+) .*?(\d+)$/gm)].map(([, name, code]) => [
      name,
      Number(code),
    ]);
    expect(documented).toEqual(Object.values(errorTable).map(({ dbusName, exitCode }) => [dbusName, exitCode]));
  });
});

describe('a gate that fails', () => {
  let bus: BusConnection;
  let program: string;

  beforeAll(async () => {
    bus = await connectTestBus();
    program = await bundleDyingDaemon();
  });
  afterEach(() => endAll(bus));
  afterAll(() => bus.close());

  const runWith = async (environment: Record<string, string>, argv: string[], options: Record<string, string> = {}) => {
    const daemon = await startBundledDaemon(bus, program, environment);
    try {
      const call = { destination: busName, path: rootPath, interface: busName, member: 'Run' };
      return await bus.call(call, 'asa{ss}a{ss}', [argv, new Map(), new Map(Object.entries(options))], 'o').then(
        ([path]) => path,
        (error: { dbusName: string; message: string }) => error,
      );
    } finally {
      await daemon.stop();
    }
  };
  const nothingRuns = async () => {
    await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'no scope to be left' });
    expect(processesWith(marker)).toEqual([]);
  };

  it.each(['gated', 'scoping', 'scoped'])(
    'is an error when it died after it was %s, and nothing has run',
    async (step) => {
      const answer = await runWith({ RINGFENCE_TEST_FAULT: `${step} kill-gates` }, ['sleep', '1000', marker]);
      expect(answer).toMatchObject({ dbusName: errorTable.ScopeFailed.dbusName });
      await nothingRuns();
    },
  );

  it('is an error when its folder vanished meanwhile', async () => {
    const folder = join(temporaryFolder(), 'gone');
    execFileSync('mkdir', [folder]);
    const answer = await runWith(
      { RINGFENCE_TEST_FAULT: `decided remove-folder ${folder}` },
      ['sleep', '1000', marker],
      { 'working-directory': folder },
    );
    expect(answer).toMatchObject({ dbusName: errorTable.ScopeFailed.dbusName });
    await nothingRuns();
  });

  it.each(['resolved', 'decided', 'gated', 'scoping', 'scoped', 'verified'])(
    'leaves nothing behind when the daemon itself fails after it %s',
    async (step) => {
      const answer = await runWith({ RINGFENCE_TEST_FAULT: `${step} throw` }, ['sleep', '1000', marker]);
      expect(answer).toMatchObject({ dbusName: errorTable.Failed.dbusName });
      expect(answer).not.toMatchObject({ message: expect.stringContaining('    at ') });
      await nothingRuns();
    },
  );

  it('gets another name when its own is taken, and an error when that is taken too', async () => {
    const take = (number: number) =>
      execFileSync('systemd-run', [
        '--user',
        '--quiet',
        `--unit=app-ringfence-sleep-${number}.scope`,
        '--scope',
        '--slice=app.slice',
        'sh',
        '-c',
        'sleep 1000 >/dev/null 2>&1 &',
      ]);
    take(7);
    const path = await runWith({ RINGFENCE_TEST_NUMBERS: '7 8' }, ['sleep', '1000', marker]);
    expect(path).toBe(`${rootPath}/instance/sleep_2d8`);
    await endAll(bus);
    take(7);
    take(8);
    const answer = await runWith({ RINGFENCE_TEST_NUMBERS: '7 8' }, ['sleep', '1000', marker]);
    expect(answer).toMatchObject({ dbusName: errorTable.ScopeFailed.dbusName });
    expect(processesWith(marker)).toEqual([]);
  });
});
