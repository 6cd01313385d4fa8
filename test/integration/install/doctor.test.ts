import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nestedTrialArgs, trialArgs } from '../../../src/strict/pure/host.ts';
import { command, output } from '../../harness/command.ts';
import { tempHome } from '../../harness/temp-home.ts';

const program = fileURLToPath(new URL('../../../dist/ringfence', import.meta.url));
const home = process.env['HOME'] ?? '';
const data = join(home, '.local/share');

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly says: string;
  readonly fix?: string;
}

async function doctor(env: Record<string, string | undefined> = {}) {
  const { stdout, stderr, code } = await command([program, 'doctor', '--json'], { env });
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  expect(code).toBe(findings.some(({ state }) => state === 'missing') ? 1 : 0);
  return (name: string) => findings.find((finding) => finding.name === name);
}

describe('ringfence doctor', () => {
  it('names what is missing before the installation', async () => {
    const finding = await doctor();
    expect(finding('D-Bus activation')).toMatchObject({ state: 'missing', fix: 'run "ringfence install"' });
    expect(finding('user unit')?.state).toBe('missing');
    expect(finding('daemon')?.state).toBe('missing');
    expect(finding('user manager')?.says).toMatch(/^systemd \d{3} answers/);
    expect(finding('strict: sandbox')?.state).toBe('works');
    expect(finding('home')).toBeUndefined();
  });

  it('tries what browsers do in a sandbox, and tells when only the sandbox itself can be had', async () => {
    expect((await doctor())('strict: browsers')).toMatchObject({
      state: 'works',
      says: expect.stringContaining('can make one'),
    });
    // The same two trials in a namespace of the test's own, where two more may be made, which is what bubblewrap takes for itself.
    const limited =
      'echo 2 >/proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps=-all --inh-caps=-all bwrap "$@"';
    const argv = ['unshare', '--user', '--map-current-user', '--keep-caps', 'sh', '-c', limited, 'sh'];
    expect(await command([...argv, ...trialArgs])).toMatchObject({ code: 0 });
    const nested = await command([...argv, ...nestedTrialArgs]);
    expect(nested.code).not.toBe(0);
    expect(nested.stderr).toMatch(/^unshare: /);
    expect(await command(['bwrap', ...nestedTrialArgs])).toMatchObject({ code: 0, stderr: '' });
  });

  it('works without a session, and with a folder that cannot be written', async () => {
    const without = { DBUS_SESSION_BUS_ADDRESS: undefined, XDG_RUNTIME_DIR: undefined };
    const finding = await doctor({ ...without, XDG_CONFIG_HOME: '/usr' });
    expect(finding('home')).toMatchObject({ state: 'limited', says: expect.stringContaining('(/usr)') });
    expect(finding('session bus')?.state).toBe('missing');
    expect(finding('daemon')).toBeUndefined();
  });

  it('names file, line and key of a faulty configuration', async () => {
    const place = tempHome();
    mkdirSync(join(place.config, 'ringfence'));
    writeFileSync(join(place.config, 'ringfence/config.toml'), '[profile.relaxed]\nmemory-max = "lots"\n');
    // The manager's environment says where the daemon reads it.
    await output(['systemctl', '--user', 'set-environment', `XDG_CONFIG_HOME=${place.config}`]);
    try {
      const finding = await doctor();
      expect(finding('configuration')).toMatchObject({ state: 'limited', says: expect.stringContaining('line 2') });
    } finally {
      await output(['systemctl', '--user', 'unset-environment', 'XDG_CONFIG_HOME']);
      place.remove();
    }
  });

  it('waits for a journald that hangs, but not for long', async () => {
    const pid = Number(process.env['JOURNALD_PID']);
    process.kill(pid, 'SIGSTOP');
    try {
      expect((await doctor())('journal')).toMatchObject({ state: 'limited', says: expect.stringContaining('answer') });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('prints plain words, without colours when nobody looks', async () => {
    const { stdout } = await command([program, 'doctor']);
    expect(stdout).toMatch(/^D-Bus activation +MISSING +no activation file\n +-> run "ringfence install"$/m);
    expect(stdout).not.toContain('\x1b');
  });

  describe('after the installation', () => {
    beforeAll(async () => void (await output([program, 'install'])));
    afterAll(async () => void (await output([program, 'uninstall'])));

    it('finds activation, unit, daemon and icons in order', async () => {
      const finding = await doctor();
      for (const name of ['D-Bus activation', 'user unit', 'daemon', 'icons', 'configuration']) {
        expect([name, finding(name)?.state]).toEqual([name, 'works']);
      }
    });

    it('is followed by a window that has no display to show itself on, and says so', async () => {
      const { code, stderr } = await command([program, 'window']);
      expect({ code, stderr }).toEqual({
        code: 7,
        stderr: expect.stringMatching(/it ended at its start; is there a display/),
      });
    });

    it('notices a unit that was changed, and a node and a program that are gone', async () => {
      const unit = join(data, 'systemd/user/ringfence.service');
      const service = join(data, 'dbus-1/services/org.ringfence.Ringfence1.service');
      const client = join(data, 'ringfence/dist/ringfence-open');
      const [unitText, serviceText] = [unit, service].map((path) => readFileSync(path, 'utf8'));
      try {
        writeFileSync(unit, `${unitText}# changed\n`);
        writeFileSync(service, serviceText?.replace(/Exec=\S+/, 'Exec=/opt/gone/node') ?? '');
        renameSync(client, `${client}.gone`);
        const finding = await doctor();
        expect(finding('installation')).toMatchObject({
          state: 'missing',
          says: expect.stringContaining('is not whole: ringfence-open is gone'),
          fix: 'run "ringfence install" again',
        });
        expect(finding('user unit')).toMatchObject({ state: 'limited', fix: expect.stringContaining('daemon-reload') });
        expect(finding('D-Bus activation')).toMatchObject({
          state: 'missing',
          says: expect.stringContaining('/opt/gone/node'),
        });
      } finally {
        renameSync(`${client}.gone`, client);
        writeFileSync(unit, unitText ?? '');
        writeFileSync(service, serviceText ?? '');
        await output(['systemctl', '--user', 'daemon-reload']);
      }
    });
  });
});
