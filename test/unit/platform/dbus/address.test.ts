import { describe, expect, it } from 'vitest';
import { sessionBusAddress, socketPaths, unixAddress } from '../../../../src/platform/dbus/address.ts';

describe('sessionBusAddress', () => {
  it('takes the variable first, then the runtime directory', () => {
    const address = 'unix:path=/x';
    expect(sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: '/run/user/1' })).toBe(address);
    expect(sessionBusAddress({ XDG_RUNTIME_DIR: '/run/user/1' })).toBe('unix:path=/run/user/1/bus');
    expect(sessionBusAddress({ DBUS_SESSION_BUS_ADDRESS: '', XDG_RUNTIME_DIR: '/r' })).toBe('unix:path=/r/bus');
  });

  it.each([{}, { XDG_RUNTIME_DIR: 'relative' }, { DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=/tmp/x' }])(
    'is Unreachable for %j',
    (env) => {
      expect(() => sessionBusAddress(env)).toThrow(expect.objectContaining({ code: 'Unreachable' }));
    },
  );
});

it('says what is not set where there is no bus to be found', () => {
  expect(() => sessionBusAddress({})).toThrow(
    'cannot find the session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set',
  );
});

describe('socketPaths', () => {
  it.each([
    ['unix:path=/run/bus', ['/run/bus']],
    ['unix:path=/run/bus,guid=0123', ['/run/bus']],
    ['unix:guid=0123,path=/run/bus;', ['/run/bus']],
    ['unix:path=/a%20b%3Bc%c3%A9', ['/a b;cé']],
    ['unix:path=/a=b', ['/a=b']],
    ['unix:guid=01=2,path=/a', ['/a']],
    ['unix:,path=/a', ['/a']],
    ['tcp:host=x,port=1;unix:abstract=y;unix:path=/one;unix:path=/two', ['/one', '/two']],
  ])('reads %s', (address, paths) => {
    expect(socketPaths(address)).toEqual(paths);
  });

  it.each([
    ['unix:abstract=/tmp/x', 'abstract sockets are not supported'],
    ['tcp:host=localhost,port=1', 'tcp addresses are not supported'],
    ['unix:tmpdir=/tmp', 'names no socket'],
    ['unix:path=', 'names no socket'],
    ['unix:path=/a%2', '% escape'],
    ['unix:path=/a%zz', '% escape'],
    ['unix:path=/a%00', '% escape'],
    ['unix:path=%', '% escape'],
    ['nonsense', 'no transport'],
    [':path=/a', "cannot use the bus address ':path=/a': ':path=/a' has no transport"],
    ['nonsense;tcp:port=1', "'nonsense' has no transport, tcp addresses are not supported, only unix:path="],
    ['', "cannot use the bus address '': it is empty"],
    [';;', 'empty'],
    ['x'.repeat(200), `'${'x'.repeat(200)}' has`],
    ['x'.repeat(201), `'${'x'.repeat(200)}…' has`],
  ])('is Unreachable for %j, saying why', (address, reason) => {
    expect(() => socketPaths(address)).toThrow(
      expect.objectContaining({ code: 'Unreachable', message: expect.stringContaining(reason) }),
    );
  });
});

describe('unixAddress', () => {
  it('escapes all but what the specification lets stand', () => {
    expect(unixAddress('/a-Z_0.9\\*')).toBe('unix:path=/a-Z_0.9\\*');
    expect(unixAddress('/\x01 %~é')).toBe('unix:path=/%01%20%25%7e%c3%a9');
  });

  it.each(['/run/user/1000/bus', '/a b', '/%', '/ä;,=:', '/a\\b*'])('is read back: %s', (path) => {
    expect(socketPaths(unixAddress(path))).toEqual([path]);
  });
});
