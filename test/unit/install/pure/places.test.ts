import { describe, expect, it } from 'vitest';
import { installPlaces } from '../../../../src/install/pure/places.ts';

describe('installPlaces', () => {
  it('are below the home', () => {
    expect(installPlaces({ HOME: '/home/ada' })).toEqual({
      data: '/home/ada/.local/share',
      state: '/home/ada/.local/state',
      cache: '/home/ada/.cache',
      bin: '/home/ada/.local/bin',
      package: '/home/ada/.local/share/ringfence',
      manifest: '/home/ada/.local/share/ringfence/install.json',
      staging: '/home/ada/.local/share/ringfence/install-staging',
      unit: '/home/ada/.local/share/systemd/user/ringfence.service',
      wanted: '/home/ada/.local/share/systemd/user/graphical-session.target.wants/ringfence.service',
      service: '/home/ada/.local/share/dbus-1/services/org.ringfence.Ringfence1.service',
      windowEntry: '/home/ada/.local/share/applications/org.ringfence.Ringfence.desktop',
      windowService: '/home/ada/.local/share/dbus-1/services/org.ringfence.Ringfence.service',
    });
  });

  it('follow the folders that the user has chosen', () => {
    const chosen = { HOME: '/home/ada', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' };
    expect(installPlaces(chosen)).toMatchObject({ data: '/d', state: '/s', cache: '/c', bin: '/home/ada/.local/bin' });
  });

  const others = { XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s', XDG_CACHE_HOME: '/c' };
  it.each([{}, others, { HOME: '' }, { HOME: 'relative' }])('are nowhere without a home: %j', (environment) => {
    expect(() => installPlaces(environment)).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        message: 'cannot install: HOME is not set to an absolute path',
      }),
    );
  });
});
