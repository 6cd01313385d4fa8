import { describe, expect, it } from 'vitest';
import {
  covers,
  judgeBusCall,
  judgeBusName,
  looksLikeOwn,
  ownNamesOf,
  servicesWithinReach,
} from '../../../../src/domain/bus-names.ts';
import { isRingfenceError } from '../../../../src/domain/errors.ts';
import { type BusProxyRequest, planBusProxy } from '../../../../src/strict/pure/bus-proxy.ts';

const request: BusProxyRequest = {
  sessionAddress: 'unix:path=/run/user/1000/bus',
  socket: '/run/user/1000/ringfence/sandbox/7/bus',
  a11y: { address: 'unix:path=/run/user/1000/at-spi/bus_0', socket: '/run/user/1000/ringfence/sandbox/7/a11y' },
  syncFd: 3,
  ownNames: [...ownNamesOf('org.gnome.gedit'), 'org.example.Extra.*'],
  calls: ['org.freedesktop.secrets=org.freedesktop.Secret.Service.*@/org/freedesktop/secrets'],
  openLinks: true,
  printing: false,
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

  it('has no rule as wide as a name, and none without a path', () => {
    for (const word of planBusProxy(request)) {
      expect(word).not.toMatch(/^--talk/);
      if (/^--(call|broadcast)=/.test(word)) expect(word).toMatch(/@\/[\w/*]*$/);
      if (word.startsWith('--call=')) expect(word).not.toMatch(/=\*/);
    }
  });

  it('opens links unless told otherwise, and never files', () => {
    const links = (openLinks: boolean) =>
      planBusProxy({ ...request, openLinks }).filter((word) => /OpenURI/.test(word));
    expect(links(false)).toEqual([]);
    expect(links(true)).toEqual([
      '--call=org.freedesktop.portal.Desktop=org.freedesktop.portal.OpenURI.OpenURI@/org/freedesktop/portal/desktop',
    ]);
  });

  it('prints where it is told to, by the two calls that this takes', () => {
    const print = (printing: boolean) =>
      planBusProxy({ ...request, printing }).filter((word) => /portal\.Print/.test(word));
    expect(print(false)).toEqual([]);
    expect(print(true)).toEqual(
      ['PreparePrint', 'Print'].map(
        (method) =>
          `--call=org.freedesktop.portal.Desktop=org.freedesktop.portal.Print.${method}@/org/freedesktop/portal/desktop`,
      ),
    );
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
    'org.freedesktop',
    'org.gnome',
  ])('gives %s no name of its own', (appId) => {
    expect(ownNamesOf(appId)).not.toContain(`${appId}.*`);
  });

  it('gives Firefox the names by which a second link finds it', () => {
    expect(covers(ownNamesOf('firefox-esr'), 'org.mozilla.firefox.L2hvbWU_')).toBe(true);
    expect(ownNamesOf('firefox-fake').some((name) => name.includes('mozilla'))).toBe(false);
  });

  it('gives an id that does not count none at all', () => {
    expect(ownNamesOf(undefined)).toEqual([]);
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
  expect(servicesWithinReach(ownNamesOf('org.gnome.gedit'), activatable)).toEqual([
    'org.gnome.gedit',
    'org.gnome.gedit.Helper',
  ]);
  expect(servicesWithinReach(['org.example.Extra', 'org.gnome.Terminal.*'], activatable)).toEqual([
    'org.gnome.Terminal',
    'org.example.Extra',
  ]);
  expect(servicesWithinReach(ownNamesOf('firefox'), activatable)).toEqual([]);
});

it('knows which names a rule covers', () => {
  expect(covers(['org.example.App.*'], 'org.example.App')).toBe(true);
  expect(covers(['org.example.App.*'], 'org.example.App.x')).toBe(true);
  expect(covers(['org.example.App.*'], 'org.example.Apps')).toBe(false);
  expect(covers(['org.example.App'], 'org.example.App.x')).toBe(false);
});

describe('judgeBusCall', () => {
  it.each([
    'org.freedesktop.secrets=org.freedesktop.Secret.Service.*@/org/freedesktop/secrets',
    'org.example.App=org.example.Interface.Method@/org/example/*',
    'org.example.App=org.example.Interface.*@/*',
  ])('lets %s', (word) => expect(judgeBusCall(word)).toBeUndefined());

  it.each([
    'org.freedesktop.secrets',
    'org.example.App=*',
    'org.example.App=*@/x',
    'org.example.App=org.example.Interface.*',
    'org.example.App=org.example.Interface.*@x',
    'org.example.App=org.example.Interface.*@/a --own=org.x',
    'org.freedesktop.systemd1=org.freedesktop.systemd1.Manager.*@/org/freedesktop/systemd1',
    'org.gnome.Shell=org.gnome.Shell.*@/org/gnome/Shell',
  ])('does not let %s', (word) => expect(judgeBusCall(word)).toEqual(expect.any(String)));
});

describe('looksLikeOwn', () => {
  it.each([
    ['featherpad', 'org.featherpad.FeatherPad'],
    ['qpdfview', 'local.qpdfview'],
    ['org.example.Editor', 'com.other.editor'],
  ])('lets %s be offered %s', (app, name) => expect(looksLikeOwn(app, name)).toBe(true));

  it.each([
    ['editor', 'org.example.Viewer'],
    ['Notifications', 'org.freedesktop.Notifications'],
    ['systemd1', 'org.freedesktop.systemd1'],
    ['Ringfence1', 'org.ringfence.Ringfence1'],
    ['kwalletd5', 'org.kde.kwalletd5'],
    ['Screencast', 'org.gnome.Shell.Screencast'],
    ['vlc', 'org.mpris.MediaPlayer2.vlc'],
    ['editor', 'org.example.editor.*'],
    ['editor', 'editor'],
    ['editor', `org.${'e'.repeat(80)}.editor`],
  ])('does not let %s be offered %s', (app, name) => expect(looksLikeOwn(app, name)).toBe(false));
});
