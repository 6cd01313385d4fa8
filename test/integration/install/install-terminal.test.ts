import { spawnSync } from 'node:child_process';
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
    expect(command).toBe(`'${process.env['HOME']}/.local/bin/ringfence-shell'`);
    expect(spawnSync(command.slice(1, -1), ['--', 'true']).status).toBe(0);

    const removed = spawnSync(program, ['uninstall'], { encoding: 'utf8' });
    expect(removed).toMatchObject({ status: 0 });
    expect(removed.stdout).toContain('GNOME Terminal: disabled');
    expect(await settings()).toEqual(before);
  }, 120_000);
});
