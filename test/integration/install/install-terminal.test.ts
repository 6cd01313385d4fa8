import { spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { output } from '../../harness/command.ts';
import { requireTestbed } from '../../harness/testbed.ts';

const program = fileURLToPath(new URL('../../../dist/ringfence', import.meta.url));
const keys = ['custom-command', 'use-custom-command'];

describe('ringfence install --terminal', () => {
  it('makes the tabs of GNOME Terminal fences, and uninstall takes that back before the shell is gone', async () => {
    requireTestbed(['session']);
    const id = await output(['gsettings', 'get', 'org.gnome.Terminal.ProfilesList', 'default']);
    const profile = `org.gnome.Terminal.Legacy.Profile:/org/gnome/terminal/legacy/profiles:/:${id.replaceAll("'", '')}/`;
    const settings = () => Promise.all(keys.map((key) => output(['gsettings', 'get', profile, key])));
    const before = await settings();

    const installed = spawnSync(program, ['install', '--terminal'], { encoding: 'utf8' });
    expect(installed).toMatchObject({ status: 0, stderr: expect.not.stringContaining('internal error') });
    expect(installed.stdout).toContain('GNOME Terminal: enabled');
    const [command = ''] = await settings();
    expect(command.endsWith(` ${process.env['HOME']}/.local/bin/ringfence-shell'`)).toBe(true);
    // As terminals take it apart: by g_shell_parse_argv(3).
    const take = 'import shlex, sys; print(*shlex.split(sys.argv[1]), sep="\\n")';
    const [shell = '', ...args] = (await output(['python3', '-c', take, command.slice(1, -1)])).split('\n');
    const tab = () => spawnSync(shell, args, { input: 'cat /proc/self/cgroup', encoding: 'utf8' });
    expect(tab()).toMatchObject({ status: 0, stdout: expect.stringContaining('/app-ringfence-') });
    const folder = `${process.env['HOME']}/.local/share/ringfence`;
    renameSync(folder, `${folder}-gone`);
    const unfenced = tab();
    renameSync(`${folder}-gone`, folder);
    expect(unfenced).toMatchObject({ status: 0, stdout: expect.not.stringContaining('/app-ringfence-') });
    expect(unfenced.stderr).toContain('Ringfence is gone');

    const tried = spawnSync(program, ['uninstall', '--dry-run'], { encoding: 'utf8' });
    expect(tried.stdout).toContain('GNOME Terminal: would be disabled\n');
    const removed = spawnSync(program, ['uninstall'], { encoding: 'utf8' });
    expect(removed).toMatchObject({ status: 0 });
    expect(removed.stdout).toContain('GNOME Terminal: disabled');
    expect(await settings()).toEqual(before);
  }, 120_000);
});
