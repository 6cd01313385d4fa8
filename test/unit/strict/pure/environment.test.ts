import { describe, expect, it } from 'vitest';
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
// Called by each test: what a module computes when it is loaded is out of a mutation run's sight.
const change = () => planEnvironment(plainSettings, hostWith());

it('gives an app what is on the list and what its settings pass', () => {
  const names = [...appEnvironment(given, change(), ['MY_SETTING']).keys()].sort();
  const set = [...change().set.keys()];
  const listed = ['DISPLAY', 'LANG', 'LC_TIME', 'MY_SETTING', 'PATH', 'WAYLAND_DISPLAY', 'https_proxy'];
  expect(names).toEqual([...new Set([...listed, ...set])].sort());
});

it('gives a command all but what leads outside', () => {
  const inside = commandEnvironment(given, change());
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

it('tells programs of no display that is kept out', () => {
  const session = new Map([...given, ['WAYLAND_DISPLAY', 'wayland-0'], ['GDK_BACKEND', 'wayland'], ['DISPLAY', ':0']]);
  const inside = commandEnvironment(session, planEnvironment(plainSettings, hostWith({ waylandIsKeptOut: true })));
  expect([inside.get('DISPLAY'), inside.has('WAYLAND_DISPLAY'), inside.has('GDK_BACKEND')]).toEqual([
    ':0',
    false,
    false,
  ]);
  const shown = commandEnvironment(session, planEnvironment(plainSettings, hostWith()));
  expect([shown.get('WAYLAND_DISPLAY'), shown.get('GDK_BACKEND')]).toEqual(['wayland-0', 'wayland']);
});

describe('what is set', () => {
  const set = (...given: Parameters<typeof planEnvironment>) => Object.fromEntries(planEnvironment(...given).set);
  const always = {
    HOME: ownHome,
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus',
    XDG_RUNTIME_DIR: '/run/user/1000',
    IBUS_USE_PORTAL: '1',
    GSETTINGS_BACKEND: 'keyfile',
    GIO_USE_VFS: 'local',
    GVFS_REMOTE_VOLUME_MONITOR_IGNORE: '1',
    GTK_USE_PORTAL: '1',
    APPIMAGE_EXTRACT_AND_RUN: '1',
    GDK_DEBUG: 'portals',
    QT_QPA_PLATFORMTHEME: 'xdgdesktopportal',
  };

  it('is the own home, the filtered buses and what keeps libraries from looking for what is cut off', () => {
    expect(set(plainSettings, hostWith())).toEqual({ ...always, NO_AT_BRIDGE: '1', GTK_A11Y: 'none' });
    expect(set(plainSettings, hostWith({ hasA11y: true }))).toEqual({
      ...always,
      AT_SPI_BUS_ADDRESS: 'unix:path=/run/user/1000/at-spi-bus',
    });
  });

  it('is the cookie of the display where there is a display', () => {
    expect(set(plainSettings, hostWith({ cookies: '/c' }))).toHaveProperty('XAUTHORITY');
    expect(set(plainSettings, hostWith())).not.toHaveProperty('XAUTHORITY');
    expect(set({ ...plainSettings, x11: false }, hostWith({ cookies: '/c' }))).not.toHaveProperty('XAUTHORITY');
  });

  // D-Bus specification, "Server Addresses": [-0-9A-Za-z_/.\*] stand for themselves, all other bytes are %XX.
  it('escapes the folder of the bus as the specification of D-Bus says', () => {
    const address = set(plainSettings, hostWith({ runtimeDir: '/run/a-Z_0.*\\ ä,%\t' }))['DBUS_SESSION_BUS_ADDRESS'];
    expect(address).toBe('unix:path=/run/a-Z_0.*\\%20%c3%a4%2c%25%09/bus');
  });
});

it('takes away what leads outside, but nothing that it sets', () => {
  const { unset, set } = planEnvironment(plainSettings, hostWith({ cookies: '/c' }));
  expect(unset).toEqual(
    expect.arrayContaining(['SSH_AUTH_SOCK', 'XDG_CONFIG_HOME', 'AT_SPI_BUS_ADDRESS', 'PULSE_SERVER']),
  );
  expect(unset.filter((name) => set.has(name))).toEqual([]);
  const open = planEnvironment({ ...plainSettings, sound: true }, hostWith({ hasA11y: true })).unset;
  expect(open.filter((name) => /^(PULSE|AT_SPI)/.test(name))).toEqual([]);
  expect(open).toContain('XAUTHORITY');
  expect(open).not.toContain('DISPLAY');
});
