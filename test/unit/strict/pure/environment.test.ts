import { expect, it } from 'vitest';
import { appEnvironment, commandEnvironment, planEnvironment } from '../../../../src/strict/pure/environment.ts';
import { hostWith, ownHome, plainSettings } from './example-host.ts';

const given = new Map(
  Object.entries({
    ...{ LANG: 'de_DE.UTF-8', LC_TIME: 'C', PATH: '/usr/bin', WAYLAND_DISPLAY: 'wayland-0', https_proxy: 'p:1' },
    ...{ GITHUB_TOKEN: 't', AWS_SECRET_ACCESS_KEY: 's', LD_LIBRARY_PATH: '/x', SSH_AUTH_SOCK: '/a', TMUX: 'b' },
    ...{ HOME: '/home/anna', XDG_CONFIG_HOME: '/home/anna/.config', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus' },
    ...{ MY_SETTING: '1', DISPLAY: ':0', XAUTHORITY: '/home/anna/.Xauthority', PULSE_SERVER: 'x' },
  }),
);
const change = planEnvironment(plainSettings, hostWith());

it('gives an app what is on the list and what its settings pass', () => {
  const names = [...appEnvironment(given, change, ['MY_SETTING']).keys()].sort();
  const set = [...change.set.keys()];
  const listed = ['DISPLAY', 'LANG', 'LC_TIME', 'MY_SETTING', 'PATH', 'WAYLAND_DISPLAY', 'https_proxy'];
  expect(names).toEqual([...new Set([...listed, ...set])].sort());
});

it('gives a command all but what leads outside', () => {
  const inside = commandEnvironment(given, change);
  expect(inside.get('GITHUB_TOKEN')).toBe('t');
  expect(inside.get('HOME')).toBe(ownHome);
  expect(inside.get('DBUS_SESSION_BUS_ADDRESS')).toBe('unix:path=/run/user/1000/bus');
  for (const name of ['SSH_AUTH_SOCK', 'TMUX', 'XDG_CONFIG_HOME', 'XAUTHORITY', 'PULSE_SERVER']) {
    expect([name, inside.has(name)]).toEqual([name, false]);
  }
});

it('keeps the display from whoever must not have it', () => {
  const closed = planEnvironment({ ...plainSettings, x11: false, sound: true }, hostWith({ cookies: '/c' }));
  const inside = commandEnvironment(given, closed);
  expect([inside.has('DISPLAY'), inside.has('XAUTHORITY'), inside.get('PULSE_SERVER')]).toEqual([false, false, 'x']);
  const open = planEnvironment(plainSettings, hostWith({ cookies: '/c' }));
  expect(commandEnvironment(given, open).get('XAUTHORITY')).toBe('/run/ringfence/Xauthority');
});
