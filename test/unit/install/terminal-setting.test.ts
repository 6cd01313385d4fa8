import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  type ChangedSetting,
  type ChangedSettings,
  disableTerminals,
  enableTerminals,
} from '../../../src/install/terminal-setting.ts';
import { gnomeTerminal, settingsWorld } from '../../fixtures/desktop-settings.ts';

const shell = '/usr/bin/ringfence-shell';
const profile = 'org.gnome.Terminal.Legacy.Profile:/org/gnome/terminal/legacy/profiles:/:b1dcc9dd/';
const consoleApp = { 'org.gnome.Console': { shell: '@as []' } };

describe('the command of new tabs', () => {
  const keep = (): ChangedSettings & { kept: readonly ChangedSetting[] } => {
    const store = {
      kept: [] as readonly ChangedSetting[],
      read: () => store.kept,
      write(settings: readonly ChangedSetting[]) {
        store.kept = settings;
      },
    };
    return store;
  };

  it('is set in the default profile of each terminal that is installed', async () => {
    const settings = settingsWorld({ ...gnomeTerminal, ...consoleApp });
    expect(await enableTerminals(shell, settings, keep())).toEqual([
      { terminal: 'GNOME Terminal', state: 'enabled' },
      { terminal: 'Console', state: 'enabled' },
    ]);
    expect(await settings.get(profile, 'custom-command')).toMatch(
      /^'\/bin\/sh -c "[^'"]*" \/usr\/bin\/ringfence-shell'$/,
    );
    expect(await settings.get(profile, 'use-custom-command')).toBe('true');
    expect(await settings.get('org.gnome.Console', 'shell')).toMatch(
      /^\['\/bin\/sh', '-c', '[^'"]*', '\/usr\/bin\/ringfence-shell'\]$/,
    );
  });

  it('touches nothing where there is no terminal', async () => {
    const store = keep();
    expect(await enableTerminals(shell, settingsWorld({}), store)).toEqual([]);
    expect(store.kept).toEqual([]);
  });

  it('is quoted for the shell, and for GVariant', async () => {
    const settings = settingsWorld(gnomeTerminal);
    await enableTerminals("/home/o'b c/ringfence-shell", settings, keep());
    expect(await settings.get(profile, 'custom-command')).toMatch(/" \/home\/o\\\\\\'b\\\\ c\/ringfence-shell'$/);
  });

  it('is the shell of the user where Ringfence is gone', async () => {
    const settings = settingsWorld(consoleApp);
    await enableTerminals('/gone with the/ringfence-shell', settings, keep());
    const text = (await settings.get('org.gnome.Console', 'shell')) ?? '';
    const [program = '', ...args] = text.slice(2, -2).split("', '");
    const env = { SHELL: '/bin/sh' };
    const ran = spawnSync(program, args, { input: 'echo it ran', encoding: 'utf8', env });
    expect(ran).toMatchObject({ status: 0, stdout: 'it ran\n', stderr: expect.stringContaining('no fence') });
  });

  it('is the default again afterwards, and no setting of the user', async () => {
    const settings = settingsWorld({ ...gnomeTerminal, ...consoleApp });
    const store = keep();
    await enableTerminals(shell, settings, store);
    expect(await disableTerminals(settings, store)).toEqual([
      { terminal: 'GNOME Terminal', state: 'disabled' },
      { terminal: 'Console', state: 'disabled' },
    ]);
    for (const key of ['custom-command', 'use-custom-command']) expect(settings.isSet(profile, key)).toBe(false);
    expect(settings.isSet('org.gnome.Console', 'shell')).toBe(false);
    expect(store.kept).toEqual([]);
  });

  it("goes back to the user's own, also after it was set twice", async () => {
    const settings = settingsWorld(gnomeTerminal);
    await settings.set(profile, 'custom-command', "'fish'");
    await settings.set(profile, 'use-custom-command', 'true');
    const store = keep();
    await enableTerminals(shell, settings, store);
    expect(await enableTerminals(shell, settings, store)).toEqual([{ terminal: 'GNOME Terminal', state: 'unchanged' }]);
    await enableTerminals('/opt/ringfence-shell', settings, store);
    await disableTerminals(settings, store);
    expect(await settings.get(profile, 'custom-command')).toBe("'fish'");
    expect(await settings.get(profile, 'use-custom-command')).toBe('true');
  });

  it('stays as the user has changed it since', async () => {
    const settings = settingsWorld(gnomeTerminal);
    const store = keep();
    await enableTerminals(shell, settings, store);
    await settings.set(profile, 'custom-command', "'zsh'");
    expect(await disableTerminals(settings, store)).toEqual([{ terminal: 'GNOME Terminal', state: 'edited' }]);
    expect(await settings.get(profile, 'custom-command')).toBe("'zsh'");
  });

  it("goes back to the user's latest choice when it was enabled again over that", async () => {
    const settings = settingsWorld(gnomeTerminal);
    const store = keep();
    await enableTerminals(shell, settings, store);
    await settings.set(profile, 'custom-command', "'zsh'");
    await enableTerminals(shell, settings, store);
    await disableTerminals(settings, store);
    expect(await settings.get(profile, 'custom-command')).toBe("'zsh'");
  });

  it('is written down before it is changed', async () => {
    const settings = settingsWorld(gnomeTerminal);
    const store = keep();
    const broken = { ...settings, set: () => Promise.reject(new Error('the settings are locked')) };
    await expect(enableTerminals(shell, broken, store)).rejects.toThrow('locked');
    expect(store.kept.map(({ key, before }) => [key, before])).toEqual([
      ['custom-command', "''"],
      ['use-custom-command', 'false'],
    ]);
  });
});
