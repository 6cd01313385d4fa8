import { describe, expect, it } from 'vitest';
import { judgeBusName, ownNamesOf, servicesWithinReach } from '../../../../src/domain/bus-names.ts';
import { isRingfenceError } from '../../../../src/domain/errors.ts';
import { type BusProxyRequest, planBusProxy } from '../../../../src/strict/pure/bus-proxy.ts';

const request: BusProxyRequest = {
  appId: 'org.gnome.gedit',
  sessionAddress: 'unix:path=/run/user/1000/bus',
  socket: '/run/user/1000/ringfence/sandbox/7/bus',
  a11y: { address: 'unix:path=/run/user/1000/at-spi/bus_0', socket: '/run/user/1000/ringfence/sandbox/7/a11y' },
  syncFd: 3,
  ownNames: ['org.example.Extra.*'],
  talkNames: ['org.freedesktop.secrets'],
};

describe('planBusProxy', () => {
  it('is golden', async () => {
    await expect(`${planBusProxy(request).join('\n')}\n`).toMatchFileSnapshot('golden/bus-proxy.txt');
  });

  it('filters both buses', () => {
    expect(planBusProxy(request).filter((word) => word === '--filter')).toHaveLength(2);
    const { a11y: _, ...without } = request;
    expect(planBusProxy(without).join(' ')).not.toContain('atspi');
  });

  it('names nobody who starts programs outside', () => {
    const rules = planBusProxy(request).join('\n');
    for (const name of [
      'systemd1',
      'ringfence.Ringfence1',
      'dconf',
      'org.gnome.Shell',
      'Flatpak',
      'portal.Background',
    ]) {
      expect(rules).not.toContain(name);
    }
    for (const word of ['DynamicLauncher', 'RemoteDesktop', '--talk=org.freedesktop.portal.Desktop', 'GetAddress']) {
      expect(rules).not.toContain(word);
    }
  });

  it('takes no word for an option', () => {
    expect.assertions(2);
    for (const odd of [{ sessionAddress: '--log' }, { socket: '' }]) {
      try {
        planBusProxy({ ...request, ...odd });
      } catch (error) {
        expect(isRingfenceError(error, 'NotEnforceable')).toBe(true);
      }
    }
  });
});

describe('ownNamesOf', () => {
  it.each([
    [
      'org.gnome.gedit',
      ['org.gnome.gedit.*', 'org.mpris.MediaPlayer2.org.gnome.gedit.*', 'org.mpris.MediaPlayer2.gedit.*'],
    ],
    ['firefox', ['org.mpris.MediaPlayer2.firefox.*']],
    ['org.gnome.Totem', ['org.gnome.Totem.*', 'org.mpris.MediaPlayer2.totem.*']],
  ])('%s', (appId, names) => {
    expect(ownNamesOf(appId)).toEqual(expect.arrayContaining(names));
  });

  it.each([
    'org.freedesktop.systemd1',
    'org.ringfence.Ringfence1',
    'org.gnome.Shell',
    'org.freedesktop.portal.Desktop',
    '7zip',
    'a b.c',
  ])('gives %s no name of its own', (appId) => {
    expect(ownNamesOf(appId)).not.toContain(`${appId}.*`);
  });
});

describe('judgeBusName', () => {
  it.each([
    'org.example.App',
    'org.example.App.*',
    'com.example-corp.x_y',
    'org.freedesktop.secrets',
    'org.gnome.Shellx',
  ])('lets an app talk to %s', (word) => expect(judgeBusName(word, 'talk')).toBeUndefined());

  it.each([
    ...[
      '',
      'x',
      '*',
      'org.*',
      'org.freedesktop.*',
      'org.gnome.*',
      'org.example.*.x',
      ':1.5',
      'org..x',
      '.org.x',
      'org.1x',
    ],
    ...['org.freedesktop.systemd1', 'org.ringfence.Ringfence1', 'org.ringfence.*', 'org.gnome.Shell', 'ca.desrt.dconf'],
    ...[
      'org.freedesktop.Flatpak',
      'org.freedesktop.portal.Flatpak',
      'org.freedesktop.portal.*',
      'org.gnome.Shell.Extensions',
    ],
    ...['org.example=x', 'org.example.App --own=org.x'],
  ])('does not let an app talk to %j', (word) => {
    expect(judgeBusName(word, 'talk')).toEqual(expect.any(String));
  });

  it.each([
    'org.freedesktop.secrets',
    'org.freedesktop.portal.Desktop',
    'org.freedesktop.Notifications',
    'org.a11y.Bus',
  ])('does not let an app pose as %s', (word) => expect(judgeBusName(word, 'own')).toContain('pose as'));
});

it('knows the services that an app could have started outside by owning their names', () => {
  const activatable = [
    'org.gnome.Terminal',
    'org.gnome.gedit',
    'org.gnome.gedit.Helper',
    'org.gnome.geditx',
    'org.example.Extra',
  ];
  expect(servicesWithinReach('org.gnome.gedit', [], activatable)).toEqual([
    'org.gnome.gedit',
    'org.gnome.gedit.Helper',
  ]);
  expect(servicesWithinReach('gedit', ['org.example.Extra', 'org.gnome.Terminal.*'], activatable)).toEqual([
    'org.gnome.Terminal',
    'org.example.Extra',
  ]);
  expect(servicesWithinReach('firefox', [], activatable)).toEqual([]);
});
