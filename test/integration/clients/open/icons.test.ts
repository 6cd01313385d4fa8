import { readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expandExec } from '../../../../src/domain/desktop-entry/exec-line.ts';
import type { BusConnection } from '../../../../src/platform/dbus/connection.ts';
import { openLine } from '../../../../src/shadows/pure/open-line.ts';
import { openScript } from '../../../../src/shadows/pure/open-script.ts';
import { installEntry, installProgram, removeEntries } from '../../../fixtures/desktop-entries.ts';
import {
  built,
  busName,
  connectTestBus,
  endAll,
  fenceUnits,
  namePid,
  nodeFlags,
  temporaryFolder,
} from '../../../fixtures/live-daemon.ts';
import { client, type OpenRunner, openRunner, setActivation } from '../../../fixtures/open-client.ts';
import { command } from '../../../harness/command.ts';
import { waitFor } from '../../../harness/wait-for.ts';

const folder = temporaryFolder();
const out = join(folder, 'environment');
const original = `cp /proc/self/environ ${out}`;

const today = (mayFallBack: boolean) => {
  const scriptPath = join(folder, 'clicked.sh');
  const script = openScript({
    clientPath: client,
    exec: original,
    actions: new Map(),
    original: { id: 'clicked.desktop', name: 'Clicked', icon: undefined, path: '/clicked.desktop', terminal: false },
    mayFallBack,
  });
  writeFileSync(scriptPath, script);
  return openLine({
    scriptPath,
    options: ['--app=clicked.desktop', ...(mayFallBack ? [] : ['--strict'])],
    exec: original,
  });
};

/** As 0.2.0 wrote them. */
const second = (mayFallBack: boolean) =>
  mayFallBack
    ? `/bin/sh -c "s=127; [ ! -r \\"\\$0\\" ] || { . \\"\\$0\\"; s=\\$?; }; case \\$s in 75) ;; 127) (notify-send -a Ringfence -- 'Clicked was started without its fence' 'Ringfence is gone'; logger -t ringfence -- 'clicked.desktop: started without its fence: Ringfence is gone') >/dev/null 2>&1 & ;; *) exit \\$s ;; esac; until [ \\"\\$1\\" = -- ]; do shift; done; shift; exec ${original} \\"\\$@\\"" ${client} --app=clicked.desktop --`
    : `/bin/sh -c "s=127; [ ! -r \\"\\$0\\" ] || { . \\"\\$0\\"; s=\\$?; }; case \\$s in 127) (notify-send -a Ringfence -- 'Clicked was not started' 'it may run in a strict fence only, and Ringfence is gone') >/dev/null 2>&1 & ;; esac; exit \\$s" ${client} --app=clicked.desktop --strict --`;

/** As 0.1.0 wrote them. */
const first = (mayFallBack: boolean) =>
  mayFallBack
    ? `/bin/sh -c "\\"\\$0\\" \\"\\$@\\"; s=\\$?; case \\$s in 75) ;; 126|127) (notify-send -a Ringfence -- Clicked 'started without its fence: Ringfence is gone'; logger -t ringfence -- 'clicked.desktop: started without its fence: Ringfence is gone') >/dev/null 2>&1 & ;; *) exit \\$s ;; esac; until [ \\"\\$1\\" = -- ]; do shift; done; shift; exec ${original} \\"\\$@\\"" ${client} --app=clicked.desktop --`
    : `/bin/sh -c "\\"\\$0\\" \\"\\$@\\"; s=\\$?; case \\$s in 126|127) (notify-send -a Ringfence -- Clicked 'not started: it may run in a strict fence only, and Ringfence is gone') >/dev/null 2>&1 & ;; esac; exit \\$s" ${client} --app=clicked.desktop --strict --`;

describe.each([
  ['of today', today],
  ['of 0.2.0', second],
  ['of 0.1.0', first],
])('an icon %s', (_age, line) => {
  let bus: BusConnection;
  let runner: OpenRunner;

  beforeAll(async () => {
    bus = await connectTestBus();
    installEntry('clicked', ['Exec=sleep 1000']);
  });
  beforeEach(() => {
    runner = openRunner();
    rmSync(out, { force: true });
  });
  afterEach(async () => {
    await setActivation(undefined);
    const pid = await namePid(bus, busName);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await waitFor(async () => (await namePid(bus, busName)) === undefined, { what: 'the daemon to be gone' });
    await endAll(bus);
  });
  afterAll(async () => {
    removeEntries();
    await bus.close();
  });

  // Names that the client uses itself.
  const variables = { app: 'a', list: 'b', options: '', rest: 'd', token: 'e', one: 'f', LC_ALL: 'C.UTF-8', s: 's' };
  const click = (mayFallBack: boolean) => {
    const argv = expandExec(line(mayFallBack), { uris: [] })[0] ?? [];
    return command(argv, { env: { ...variables, PATH: `${runner.programs}:${process.env['PATH']}` } });
  };
  const notified = () =>
    waitFor(() => runner.notifications().length > 0 && runner.notifications(), { what: 'the notification' });

  it('starts the app in its fence, without a word', async () => {
    await setActivation([process.execPath, ...nodeFlags, built.ringfenced].join(' '));
    for (let times = 1; times <= 2; times += 1) {
      expect(await click(true)).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await fenceUnits(bus)).toHaveLength(times);
    }
    expect(runner.notifications()).toEqual([]);
  });

  it('takes one dbus-send while the daemon runs, and looks more closely when nothing says that it does', async () => {
    const asked = join(folder, 'asked');
    for (const name of ['dbus-send', 'busctl']) {
      const script = `#!/bin/sh\necho ${name} >>${asked}\nexec /usr/bin/${name} "$@"\n`;
      installProgram(runner.programs, name, script);
    }
    await setActivation([process.execPath, ...nodeFlags, built.ringfenced].join(' '));
    const programs = async () => {
      rmSync(asked, { force: true });
      expect((await click(true)).code).toBe(0);
      return readFileSync(asked, 'utf8').split('\n').filter(Boolean);
    };
    expect(await programs()).toEqual(['dbus-send', 'busctl', 'dbus-send']);
    const mark = join(process.env['XDG_RUNTIME_DIR'] ?? '', 'ringfence/daemon');
    expect(readlinkSync(mark)).toBe(`/proc/${await namePid(bus, busName)}`);
    expect(await programs()).toEqual(['dbus-send']);
    rmSync(mark);
    expect(await programs()).toEqual(['dbus-send', 'dbus-send']);
  });

  it('starts the original with its own environment where the daemon cannot be had, and says so once', async () => {
    expect((await click(true)).code).toBe(0);
    const environment = readFileSync(out, 'utf8').split('\0').sort();
    const env = { ...variables, PATH: `${runner.programs}:${process.env['PATH']}` };
    // The copy is read-only.
    rmSync(out);
    expect((await command(['/bin/sh', '-c', `exec ${original}`], { env })).code).toBe(0);
    // The shell's own mark of how the exit came about.
    const own = (name: string) => !/^(s|_)=/.test(name);
    expect(environment.filter(own)).toEqual(readFileSync(out, 'utf8').split('\0').sort().filter(own));
    const told = await notified();
    expect(told.map((words) => words.at(-2))).toEqual(['clicked was started without its fence']);
  });

  it('starts nothing where it is strict and the daemon cannot be had, and says so once', async () => {
    expect((await click(false)).code).toBe(1);
    const told = await notified();
    expect(told.map((words) => words.at(-2))).toEqual(['clicked was not started']);
    expect(() => readFileSync(out)).toThrow();
  });
});
