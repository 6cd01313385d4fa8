import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import {
  busName,
  connectTestBus,
  fenceUnits,
  instanceAt,
  namePid,
  startBundledDaemon,
  temporaryFolder,
} from '../../fixtures/live-daemon.ts';
import { app, sandboxes, strictLaunches, witness } from '../../fixtures/strict-launches.ts';
import { command } from '../../harness/command.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { waitFor } from '../../harness/wait-for.ts';

const home = process.env['HOME'] ?? '';
const systemctl = (...words: string[]) => command(['systemctl', '--user', ...words]);

describe('a strict launch', () => {
  const launches = strictLaunches();
  let program: string;
  beforeAll(async () => {
    program = await bundleDyingDaemon();
  });

  describe('refuses, and nothing runs,', () => {
    const refused = async (programs: string, says: RegExp) => {
      const daemon = await startBundledDaemon(launches.bus, program, { RINGFENCE_TEST_PROGRAMS: programs });
      await expect(launches.run()).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(says),
      });
      await launches.nothingIsLeft();
      expect(existsSync(witness)).toBe(false);
      expect(sandboxes()).toEqual([]);
      const capabilities = (await launches.client.properties()).get('Capabilities') as Map<string, string>[];
      const sandbox = capabilities.find((row) => row.get('name') === 'sandbox');
      expect(sandbox?.get('available')).toBe('no');
      expect(sandbox?.get('reason')).toMatch(says);
      expect(sandbox?.get('fix')).not.toBe('');
      await daemon.stop();
    };
    /** A folder with the programs of a sandbox but for one. */
    const programsWithout = (missing: string) => {
      const folder = temporaryFolder();
      for (const name of ['bwrap', 'xdg-dbus-proxy'].filter((one) => one !== missing)) {
        symlinkSync(join('/usr/bin', name), join(folder, name));
      }
      return folder;
    };

    it('without bubblewrap', () => refused(programsWithout('bwrap'), /bubblewrap is not installed/));
    it('without xdg-dbus-proxy', () => refused(programsWithout('xdg-dbus-proxy'), /xdg-dbus-proxy/));

    it.each([
      ['bwrap', /bubblewrap is not installed/],
      ['xdg-dbus-proxy', /xdg-dbus-proxy is not installed/],
    ])('once %s is gone, which the daemon has used', async (name, says) => {
      const folder = programsWithout('none');
      const daemon = await startBundledDaemon(launches.bus, program, { RINGFENCE_TEST_PROGRAMS: folder });
      await launches.client.stop(await launches.run(), 0);
      rmSync(join(folder, name));
      await expect(launches.run()).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(says),
      });
      symlinkSync(join('/usr/bin', name), join(folder, name));
      await launches.client.stop(await launches.run(), 0);
      await daemon.stop();
    });

    it('with a bubblewrap that cannot make a sandbox', async () => {
      const folder = programsWithout('bwrap');
      const script =
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit\necho no permissions >&2; exit 1\n';
      writeFileSync(join(folder, 'bwrap'), script, { mode: 0o755 });
      await refused(folder, /no permissions/);
    });

    it('where user namespaces are off', async () => {
      // A namespace of the daemon's own, in which the setting can be made without root; nothing in there belongs to root.
      const folder = temporaryFolder();
      const launcher = join(folder, 'daemon');
      const off = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"';
      writeFileSync(
        launcher,
        `#!/bin/sh\nexec unshare --user --map-current-user --keep-caps sh -c '${off}' "${process.execPath}" "${program}"\n`,
        { mode: 0o755 },
      );
      const env = { ...process.env, RINGFENCE_TEST_PROGRAMS: '/usr/bin' };
      const daemon = spawn(launcher, { stdio: 'ignore', env });
      await waitFor(async () => (await namePid(launches.bus, busName)) !== undefined, { what: 'the daemon' });
      await expect(launches.run()).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(/user\.max_user_namespaces/),
      });
      expect(existsSync(witness)).toBe(false);
      daemon.kill('SIGTERM');
    });

    it('where there is no room for its home', async () => {
      const homes = join(home, '.local/share/ringfence/homes');
      mkdirSync(homes, { recursive: true });
      // A namespace of the daemon's own, in which a file system without room can be mounted.
      const launcher = join(temporaryFolder(), 'daemon');
      const fill =
        'mount -t tmpfs -o nr_inodes=1,mode=700,uid=$(id -u) none "$2" && exec setpriv --inh-caps=-all --ambient-caps=-all -- "$0" "$1"';
      const unshare = 'unshare --user --map-current-user --keep-caps --mount';
      const words = `'${fill}' "${process.execPath}" "${program}" "${homes}"`;
      writeFileSync(launcher, `#!/bin/sh\nexec ${unshare} sh -c ${words}\n`, { mode: 0o755 });
      const daemon = spawn(launcher, { stdio: 'ignore', env: { ...process.env, RINGFENCE_TEST_PROGRAMS: '/usr/bin' } });
      await waitFor(async () => (await namePid(launches.bus, busName)) !== undefined, { what: 'the daemon' });
      const refusal = launches.run(app, { 'app-id': 'org.example.Full' });
      await expect(refusal).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(/cannot open the home .*Full: the disk is full; make room and try again$/),
      });
      await launches.nothingIsLeft();
      expect(existsSync(witness)).toBe(false);
      expect(sandboxes()).toEqual([]);
      daemon.kill('SIGTERM');
    });

    it.each([
      ['makes none once it is needed', ''],
      ['makes one around the bus filter alone', '*--info-fd*) exec /usr/bin/bwrap "$@" ;; '],
    ])('with a bubblewrap that %s', async (_, box) => {
      const folder = programsWithout('bwrap');
      const script = `#!/bin/sh\ncase "$*" in --version) echo bubblewrap 0.8.0;; *bin/true) ;; ${box}*) while [ "$1" != -- ]; do shift; done; shift; exec "$@";; esac\n`;
      writeFileSync(join(folder, 'bwrap'), script, { mode: 0o755 });
      const daemon = await startBundledDaemon(launches.bus, program, { RINGFENCE_TEST_PROGRAMS: folder });
      await expect(launches.run()).rejects.toMatchObject({ code: 'NotEnforceable' });
      await launches.nothingIsLeft();
      expect(existsSync(witness)).toBe(false);
      await daemon.stop();
    });

    it('when the app runs relaxed already', async () => {
      const daemon = await startDaemon();
      const path = await launches.run(app, { profile: 'relaxed', 'app-id': 'org.example.Single' });
      await expect(launches.run(app, { 'app-id': 'org.example.Single' })).rejects.toMatchObject({
        code: 'NotEnforceable',
        message: expect.stringMatching(/close it first/),
      });
      await launches.client.stop(path, 0);
      await launches.run(app, { 'app-id': 'org.example.Single' });
      await daemon.stop();
    });

    describe('for an app whose name counts', () => {
      beforeAll(() => systemctl('set-environment', 'XDG_DATA_DIRS=/opt/ringfence-entries:/usr/share'));
      afterAll(() => systemctl('unset-environment', 'XDG_DATA_DIRS'));

      it.each(['org.example.Outside', 'org.example.Outside.below', 'org.mpris.MediaPlayer2.outside.x'])(
        'when somebody outside has the name %s, and ends when somebody takes it',
        async (name) => {
          const daemon = await startDaemon();
          const other = await connectTestBus();
          await other.requestName(name);
          await expect(launches.run(app, { 'app-id': 'org.example.Outside' })).rejects.toMatchObject({
            code: 'NotEnforceable',
          });
          await other.releaseName(name);
          const path = await launches.run(app, { 'app-id': 'org.example.Outside' });
          await instanceAt(launches.client, path);
          await other.requestName(name);
          await waitFor(async () => (await fenceUnits(launches.bus)).length === 0, { what: 'the sandbox to be ended' });
          await other.close();
          await daemon.stop();
        },
      );
    });

    it.each([
      ['flatpak', ['sh', '/usr/bin/flatpak', 'run', 'org.example.App']],
      ['snap', ['env', 'X=1', '/snap/bin/app']],
    ])('for a %s app', async (_, argv) => {
      const daemon = await startDaemon();
      await expect(launches.run(argv)).rejects.toMatchObject({ code: 'NotEnforceable' });
      await daemon.stop();
    });
  });
});
