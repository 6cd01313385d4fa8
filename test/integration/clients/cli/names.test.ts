import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logEvents } from '../../../../src/domain/log-events.ts';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { installEntry, installEntryText, removeEntries } from '../../../fixtures/desktop-entries.ts';
import { built, connectTestBus, endAll, fenceUnits } from '../../../fixtures/live-daemon.ts';
import { cgroupOf } from '../../../harness/cgroup.ts';
import { command } from '../../../harness/command.ts';
import { type Daemon, startDaemon } from '../../../harness/daemon.ts';
import { journal } from '../../../harness/journal.ts';
import { waitFor } from '../../../harness/wait-for.ts';

// Apps by the words that a user has for them: an id, the last part of one, a name in any language.

let bus: BusConnection;
let daemon: Daemon;

beforeAll(async () => {
  bus = await connectTestBus();
  daemon = await startDaemon();
});
beforeEach(() => {
  const names = 'Name=Word Grinder\nName[de]=Wortmühle\nName[fr]=Moulin à mots';
  installEntryText('org.test.Grinder', `[Desktop Entry]\nType=Application\n${names}\nExec=sleep 1000\n`);
});
afterEach(async () => {
  await ringfence('disable', '--all');
  await endAll(bus);
  removeEntries();
});
afterAll(async () => {
  await daemon.stop();
  await bus.close();
});

const ringfence = (...args: string[]) => command([built.ringfence, ...args]);
const isEnabled = (id: string) => {
  const file = join(homedir(), '.local/share/applications', `${id}.desktop`);
  return existsSync(file) && readFileSync(file, 'utf8').includes('X-Ringfence-Source');
};

describe.each([
  ['its id', 'org.test.Grinder'],
  ['its id with the suffix', 'org.test.Grinder.desktop'],
  ['the last part of its id', 'grinder'],
  ['its name', 'Word Grinder'],
  ['its name in other letters', 'word grinder'],
  ['its name in another language', 'Wortmühle'],
])('an app goes by %s', (_what, word) => {
  it('in enable and disable', async () => {
    expect(await ringfence('enable', word)).toMatchObject({ code: 0, stdout: 'org.test.Grinder  enabled\n' });
    expect(isEnabled('org.test.Grinder')).toBe(true);
    expect(await ringfence('disable', word)).toMatchObject({ code: 0, stdout: 'org.test.Grinder  disabled\n' });
    expect(isEnabled('org.test.Grinder')).toBe(false);
  });

  it('in launch, list, show, contain, stop and kill', async () => {
    expect((await ringfence('launch', word)).stdout).toMatch(/^app-ringfence-org\.test\.Grinder-\d+\.scope\n$/);
    const [unit = ''] = await fenceUnits(bus);
    expect((await ringfence('list', word)).stdout).toMatch(/^org\.test\.Grinder {2}\d+ /m);
    expect((await ringfence('show', word)).stdout).toContain(unit);
    expect((await ringfence('contain', word)).stdout).toMatch(/^app-ringfence-org\.test\.Grinder-\d+\.scope\n$/);
    await waitFor(async () => !(await fenceUnits(bus)).includes(unit), { what: 'the first fence to be gone' });
    expect(await ringfence('stop', word)).toMatchObject({ code: 0 });
    expect(await fenceUnits(bus)).toEqual([]);
    await ringfence('launch', word);
    expect(await ringfence('kill', '-9', word)).toMatchObject({ code: 0 });
    await waitFor(async () => (await fenceUnits(bus)).length === 0, { what: 'the end' });
  });

  it('as --app-id of run and contain', async () => {
    expect((await ringfence('run', '--app-id', word, 'sleep', '1000')).stdout).toContain('org.test.Grinder');
    expect((await ringfence('run', '--wait', '--app-id', word, 'cat', '/proc/self/cgroup')).stdout).toContain(
      'app-ringfence-org.test.Grinder-',
    );
    const child = spawn('sleep', ['1000']);
    expect((await ringfence('contain', '--app-id', word, String(child.pid))).code).toBe(0);
    expect(cgroupOf(child.pid ?? 0)).toContain('app-ringfence-org.test.Grinder-');
  });

  it('in apps, by a part of it', async () => {
    const { stdout, code } = await ringfence('apps', word.replace(/\.desktop$/, '').slice(1));
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 2 });
    expect(stdout).toMatch(/^available {2}org\.test\.Grinder {2}Word Grinder$/m);
  });
});

describe('an id', () => {
  it('wins over the names of other apps', async () => {
    installEntry('Grinder', ['Exec=sleep 1000', 'NoDisplay=true']);
    expect((await ringfence('launch', 'Grinder')).stdout).toMatch(/^app-ringfence-Grinder-/);
    expect((await ringfence('enable', 'Grinder')).stdout).toBe('Grinder  enabled\n');
    expect(isEnabled('org.test.Grinder')).toBe(false);
    expect((await ringfence('disable', 'Grinder')).stdout).toBe('Grinder  disabled\n');
    expect((await ringfence('run', '--app-id', 'Grinder', 'sleep', '1000')).stdout).toMatch(/^app-ringfence-Grinder-/);
  });
});

describe('a word', () => {
  const asked = [
    ['enable', 'grindr'],
    ['launch', 'grindr'],
    ['run', '--app-id', 'grindr', 'true'],
    ['contain', '--app-id', 'grindr', '1'],
  ];

  it.each([...asked, ['disable', 'grindr']])('that no app goes by ends %s with what is near', async (...args) => {
    const { code, stdout, stderr } = await ringfence(...args);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('did you mean org.test.Grinder (Word Grinder)?\n');
  });

  it.each([
    ['enable', 'zzz'],
    ['launch', 'zzz'],
  ])('that no app is near to ends %s with how to find one', async (...args) => {
    const { code, stderr } = await ringfence(...args);
    expect(code).toBe(3);
    expect(stderr).toMatch(/; "ringfence apps" lists what is installed\n$/);
  });

  it.each(asked)('for several apps ends %s with all of them', async (...args) => {
    installEntry('org.other.Grindr', ['Exec=sleep 1000']);
    installEntryText('org.test.Two', '[Desktop Entry]\nType=Application\nName=Grindr\nExec=sleep 1000\n');
    const { code, stdout, stderr } = await ringfence(...args);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('may be org.other.Grindr or org.test.Two (Grindr); use the id\n');
    expect(isEnabled('org.test.Two') || isEnabled('org.other.Grindr')).toBe(false);
  });

  it('for no instance is said with what runs and what is near', async () => {
    await ringfence('launch', 'grinder');
    for (const name of ['list', 'show', 'stop', 'kill', 'contain']) {
      const { code, stderr } = await ringfence(name, 'grindr');
      expect(code).toBe(3);
      expect(stderr).toContain('running: org.test.Grinder; did you mean org.test.Grinder (Word Grinder)?\n');
    }
  });

  it('that can be no id is an argument that cannot be right, and nothing is done', async () => {
    for (const args of [
      ['launch', 'a/b'],
      ['enable', 'org.test.Grinder', 'a/b'],
      ['disable', 'a/b'],
    ])
      expect((await ringfence(...args)).code).toBe(2);
    expect(isEnabled('org.test.Grinder')).toBe(false);
  });

  it('with a slash is a name like any other', async () => {
    installEntryText('org.test.Slash', '[Desktop Entry]\nType=Application\nName=TCP/IP Tool\nExec=sleep 1000\n');
    expect((await ringfence('enable', 'tcp/ip tool')).stdout).toBe('org.test.Slash  enabled\n');
    expect((await ringfence('launch', 'TCP/IP Tool')).code).toBe(0);
  });

  it('that is enabled is disabled, though another app has the same name', async () => {
    installEntryText('org.other.Grinder', '[Desktop Entry]\nType=Application\nName=Word Grinder\nExec=sleep 1000\n');
    await ringfence('enable', 'org.test.Grinder');
    expect((await ringfence('disable', 'Word Grinder')).stdout).toBe('org.test.Grinder  disabled\n');
  });
});

it('launch by a name asks the daemon once: no refusal is logged', async () => {
  const refusalsOf = (app: string) => {
    const fields = { MESSAGE_ID: logEvents['launch-refused'].messageId, _PID: String(daemon.process.pid) };
    return journal({ fields: { ...fields, RINGFENCE_APP: app } });
  };
  expect((await ringfence('launch', 'grinder')).code).toBe(0);
  // What is really refused is logged behind it.
  expect((await ringfence('launch', 'org.test.None')).code).toBe(3);
  await waitFor(async () => (await refusalsOf('org.test.None.desktop')).length > 0, { what: 'an entry' });
  expect(await refusalsOf('grinder.desktop')).toEqual([]);
});

describe('disable', () => {
  it('of a word that no app goes by is a mistake; of an app that was never enabled it is none', async () => {
    const typo = await ringfence('disable', 'org.test.Grindr');
    expect(typo).toMatchObject({
      code: 3,
      stderr: 'ringfence: no app has the id or name "org.test.Grindr"; did you mean org.test.Grinder (Word Grinder)?\n',
    });
    const { stderr: hint } = await ringfence('config', 'get', 'org.test.Grindr');
    expect(hint).toMatch(/ \(Word Grinder\)\? For an app that is not installed yet, use app\.org\.test\.Grindr\n$/);
    for (const word of ['org.test.Grinder', 'grinder', 'Word Grinder']) {
      const stderr = 'org.test.Grinder: it was not enabled\n';
      expect([word, await ringfence('disable', word)]).toEqual([word, { code: 0, stdout: '', stderr }]);
    }
  });
});

it('an app whose name holds commands for a terminal is shown without them', async () => {
  const name = 'Red\x1b[31m\u009b1mAlarm';
  installEntryText('org.test.Alarm', `[Desktop Entry]\nType=Application\nName=${name}\nExec=sleep 1000\n`);
  const told = [
    await ringfence('apps', 'alarm'),
    await ringfence('launch', 'org.test.Alarm'),
    await ringfence('show', 'org.test.Alarm'),
    await ringfence('list'),
    await ringfence('--json', 'show', 'org.test.Alarm'),
  ];
  for (const { code, stdout, stderr } of told) {
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(stdout + stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  }
  expect(told[2]?.stdout).toContain('Red\ufffd[31m\ufffd1mAlarm');
});
