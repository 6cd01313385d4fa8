import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instanceAt, namePid } from '../../fixtures/live-daemon.ts';
import { app, marker, strict, strictLaunches, witness, work } from '../../fixtures/strict-launches.ts';
import { command } from '../../harness/command.ts';
import { type DaemonOptions, startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
const systemctl = (...words: string[]) => command(['systemctl', '--user', ...words]);

describe('a strict launch', () => {
  const launches = strictLaunches();
  const withConfig = async (toml: string, options: DaemonOptions = {}) => {
    const daemon = await startDaemon(options);
    mkdirSync(join(daemon.home.config, 'ringfence'), { recursive: true });
    writeFileSync(join(daemon.home.config, 'ringfence/config.toml'), toml);
    await daemon.kill9();
    return startDaemon({ ...options, home: daemon.home });
  };

  describe('takes from the config, end to end:', () => {
    const id = 'org.example.Single';
    beforeAll(() => systemctl('set-environment', 'XDG_DATA_DIRS=/opt/ringfence-entries:/usr/share', 'SECRET_TOKEN=t'));
    afterAll(() => systemctl('unset-environment', 'XDG_DATA_DIRS', 'SECRET_TOKEN'));

    /** What a script says inside, started as the app. */
    const said = async (toml: string, script: string, variables: Record<string, string> = {}) => {
      const daemon = await withConfig(`[app."${id}"]\nprofile = "strict"\n${toml}\n`);
      const { profile: _, ...limits } = strict;
      const whole = `( ${script} ) >it-ran.part 2>&1; mv it-ran.part it-ran; sleep 100`;
      const path = await launches.client.run(
        ['sh', '-c', whole, marker],
        new Map(Object.entries(variables)),
        new Map(Object.entries({ ...limits, 'app-id': id })),
      );
      const text = await waitFor(() => existsSync(witness) && readFileSync(witness, 'utf8'), { what: 'the app' });
      const { report } = await instanceAt(launches.client, path);
      await launches.client.stop(path, 0);
      await daemon.stop();
      return { text, report };
    };

    it('network', async () => {
      const names = 'cat /proc/net/dev';
      const { text, report } = await said('network = false', names);
      expect(text.match(/^ *\w+:(?=\s+\d)/gm)?.map((word) => word.trim())).toEqual(['lo:']);
      expect(report.find((row) => row.get('name') === 'network')?.get('state')).toBe('enforced');
    });

    it('x11', async () => {
      const display = ['DISPLAY=:77', `XAUTHORITY=${work}/cookies`];
      writeFileSync(join(work, 'cookies'), 'c');
      mkdirSync('/tmp/.X11-unix', { recursive: true });
      const socket = createServer().listen('/tmp/.X11-unix/X77');
      await systemctl('set-environment', ...display);
      // Of the socket's mode all others live.
      const close = 'chmod 0 /tmp/.X11-unix/X77 2>&1 | grep -o "Read-only file system"';
      const script = `echo "<$DISPLAY|$XAUTHORITY>"; ls /tmp/.X11-unix; ${close}; cat $XAUTHORITY </dev/null`;
      try {
        expect((await said('x11 = true', script)).text).toBe(
          '<:77|/run/ringfence/Xauthority>\nX77\nRead-only file system\nc',
        );
        rmSync(witness, { force: true });
        expect((await said('x11 = false', script)).text).toMatch(/^<\|>\nls: /);
      } finally {
        await systemctl('unset-environment', 'DISPLAY', 'XAUTHORITY');
        socket.close();
      }
    });

    it('sound', async () => {
      mkdirSync(join(runtime, 'pulse'), { recursive: true });
      const socket = createServer().listen(join(runtime, 'pulse/native'));
      const script = 'ls $XDG_RUNTIME_DIR; chmod 0 $XDG_RUNTIME_DIR/pulse/native 2>&1';
      try {
        expect((await said('sound = true', script)).text).toMatch(/^pulse\n.*Read-only file system$/m);
        rmSync(witness, { force: true });
        expect((await said('', script)).text).not.toMatch(/^pulse$/m);
      } finally {
        socket.close();
      }
    });

    it('gpu', async () => {
      const script = `cd /dev; stat -c '%n %F %t:%T' dri/* input; cat <dri/renderD128; head -c 4 dri/renderD129 | od -An -tx1`;
      const { text, report } = await said('', script);
      // No driver answers the first; who is let in but may open nothing is told "Permission denied".
      expect(text.split('\n')).toEqual([
        'dri/renderD128 character special file e2:80',
        'dri/renderD129 character special file 1:5',
        expect.stringMatching(/^stat: .*input.*No such file/),
        expect.stringMatching(/renderD128: No such device or address$/),
        ' 00 00 00 00',
        '',
      ]);
      const row = report.find((one) => one.get('name') === 'gpu');
      expect(row?.get('value')).toBe('/dev/dri/renderD128, /dev/dri/renderD129');
      rmSync(witness, { force: true });
      const closed = await said('gpu = false', 'ls /dev/dri; echo /dev/*');
      expect(closed.text).toMatch(/^ls: .*No such file/);
      expect(closed.report.find((one) => one.get('name') === 'gpu')?.get('value')).toBe('none');
    });

    it('home, kept and not', async () => {
      const script = 'echo $HOME; cat $HOME/kept; echo kept >$HOME/kept; getent passwd $(id -u) | cut -d: -f6';
      const own = join(home, '.local/share/ringfence/homes', id);
      const first = await said('', script);
      expect(first.text).toMatch(new RegExp(`^${own}\n.*No such file.*\n${own}\n$`));
      rmSync(witness, { force: true });
      expect((await said('', script)).text).toBe(`${own}\nkept\n${own}\n`);
      rmSync(witness, { force: true });
      const { text } = await said('home = "none"', script);
      expect(text).toMatch(/\/homes\/passing\.\w+\n.*No such file/);
      expect(existsSync(text.split('\n')[0] ?? '')).toBe(false);
      expect(readFileSync(join(own, 'kept'), 'utf8')).toBe('kept\n');
    });

    it('shared-folders', async () => {
      for (const name of ['open', 'readable', 'closed', '.hidden']) {
        mkdirSync(join(home, name), { recursive: true });
        writeFileSync(join(home, name, 'file'), name);
      }
      symlinkSync(join(home, 'open'), join(home, 'link'));
      const script = `cd ${home}; for f in open readable closed .hidden; do cat $f/file; touch $f/new && echo " $f written"; done; cat link/file`;
      const { text } = await said('shared-folders = ["~/link", "~/readable:ro", "~/.hidden:ro"]', script);
      expect(text).toMatch(/^open open written$/m);
      expect(text).toMatch(/^open$/m);
      expect(text).toMatch(/^readable/m);
      expect(text).toMatch(/^\.hidden/m);
      expect(text).not.toMatch(/closed written|readable written|hidden written|^closed/m);
      for (const name of ['open', 'readable', 'closed', '.hidden', 'link'])
        rmSync(join(home, name), { recursive: true });
    });

    it('pass-environment', async () => {
      expect((await said('', 'echo "<$SECRET_TOKEN>"')).text).toBe('<>\n');
      rmSync(witness, { force: true });
      expect((await said('pass-environment = ["SECRET_TOKEN"]', 'echo "<$SECRET_TOKEN>"')).text).toBe('<t>\n');
    });

    it('own-names and talk-names', async () => {
      const own = (name: string) =>
        `gdbus call --session --dest org.freedesktop.DBus --object-path / --method org.freedesktop.DBus.RequestName ${name} 4`;
      const ask = (path: string) =>
        `gdbus call --session --dest org.example.Talk --object-path ${path} --method org.freedesktop.DBus.Peer.Ping`;
      const service =
        'import dbus, dbus.mainloop.glib; from gi.repository import GLib; dbus.mainloop.glib.DBusGMainLoop(set_as_default=True); bus = dbus.SessionBus(); bus.request_name("org.example.Talk"); GLib.MainLoop().run()';
      const other = spawn('python3', ['-c', service], { stdio: 'ignore' });
      await waitFor(async () => (await namePid(launches.bus, 'org.example.Talk')) !== undefined, {
        what: 'the service',
      });
      const script = [own('org.example.Extra'), own('org.example.More'), ask('/a'), ask('/b')].join('; ');
      const names =
        'own-names = ["org.example.Extra"]\ntalk-names = ["org.example.Talk=org.freedesktop.DBus.Peer.*@/a"]';
      const open = (await said(names, script)).text;
      expect(open.match(/uint32 1|\(\)/g)).toEqual(['uint32 1', '()']);
      rmSync(witness, { force: true });
      expect((await said('', script)).text).not.toMatch(/uint32 1|\(\)/);
      other.kill();
    });

    it.each([
      ['shared-folders = ["~/not-there"]', /config\.toml:3: shared-folders: "~\/not-there": it does not exist/],
      ['shared-folders = ["~/"]', /it is the home itself/],
      ['shared-folders = ["/home:ro"]', /the home lies in it/],
      ['shared-folders = ["/usr/share"]', /part of the system/],
      ['shared-folders = ["~/.config"]', /it is hidden|own/],
      ['shared-folders = ["~/.local:ro"]', /Ringfence/],
      ['shared-folders = ["~/work/link"]', /is a symlink/],
      ['shared-folders = ["~/bin"]', /take what they run/],
    ])('no folder that cannot stand: %s', async (line, says) => {
      for (const name of ['.config', '.local', 'bin']) mkdirSync(join(home, name), { recursive: true });
      rmSync(join(work, 'link'), { force: true });
      symlinkSync('/etc', join(work, 'link'));
      const daemon = await withConfig(`[profile.own]\nbase = "strict"\n${line}\n`);
      await expect(launches.run(app, { profile: 'own' })).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(says),
      });
      await launches.nothingIsLeft();
      await daemon.stop();
      rmSync(join(work, 'link'), { force: true });
      rmSync(join(home, 'bin'), { recursive: true });
    });
  });
});
