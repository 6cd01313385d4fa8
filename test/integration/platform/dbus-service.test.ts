import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { RingfenceError } from '../../../src/domain/errors.ts';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { createDispatcher, type ObjectTree } from '../../../src/platform/dbus/dispatcher.ts';
import { method, property, signal } from '../../../src/platform/dbus/interface-spec.ts';
import { Variant } from '../../../src/platform/dbus/signature.ts';
import { type PrivateBus, startPrivateBus } from '../../fixtures/private-bus.ts';
import { RawBody, RawClient } from '../../fixtures/raw-client.ts';

const root = '/org/example/Shop1';
const name = 'org.example.Shop1';
const properties = 'org.freedesktop.DBus.Properties';

let bus: PrivateBus;
let service: BusConnection;
let client: BusConnection;
let tree: ObjectTree;
let internalErrors: unknown[];

beforeAll(async () => {
  bus = await startPrivateBus();
});
afterAll(() => bus.stop());

beforeEach(async () => {
  internalErrors = [];
  service = await connectBus(bus.address, { onInternalError: (error) => internalErrors.push(error) });
  client = await connectBus(bus.address);
  tree = createDispatcher(service, { root, onInternalError: (error) => internalErrors.push(error) });
  tree.serve();
  await tree.addObject(root, [
    {
      name,
      methods: {
        Buy: method('sasa{ss}', ['item', 'notes', 'options'], 'o', ['order'], ([item]) => [`${root}/orders/${item}`]),
        Fail: method('s', ['how'], '', [], ([how]) => {
          if (how === 'known') throw new RingfenceError('NoSuchApp', 'cannot buy pears: none left');
          throw new Error('secret\n    at /home/someone/file.ts:1:1');
        }),
        Wide: method('xt', ['low', 'high'], 'xt', ['low', 'high'], (args) => args),
        BadPath: method('s', ['path'], 'o', ['path'], ([path]) => [path]),
        Who: method('', [], 's', ['sender'], (_args, { sender }) => [sender]),
      },
      properties: {
        Version: property('s', () => '1.0', 'const'),
        Tags: property('as', () => Promise.resolve(['a', 'b'])),
        Size: property('t', () => 2n ** 64n - 1n, 'invalidates'),
        Count: property('u', () => 4294967295),
        Labels: property('a{ss}', () => new Map([['__proto__', 'x']])),
        Rows: property('aa{ss}', () => [new Map([['k', 'v']]), new Map()]),
        Nested: property('a{sa{sv}}', () => new Map([['p', new Map([['n', new Variant('u', 7)]])]])),
        Pids: property('au', () => [1, 2, 3], 'false'),
      },
      signals: { Sold: signal('sv', ['item', 'price']) },
    },
  ]);
  expect(await service.requestName(name)).toBe('owner');
});
afterEach(async () => {
  await Promise.all([service.close(), client.close()]);
});

function target(member: string, iface = name, path = root) {
  return { destination: name, path, interface: iface, member };
}

describe('a method', () => {
  it('gets and gives values by its signatures', async () => {
    const reply = await client.call(target('Buy'), 'sasa{ss}', ['pear', ['x'], new Map([['a', 'b']])], 'o');
    expect(reply).toEqual([`${root}/orders/pear`]);
  });

  it.each([
    [-(2n ** 63n), 0n],
    [2n ** 63n - 1n, 2n ** 64n - 1n],
    [-1n, 1n],
  ])('carries the 64-bit integers %d and %d unchanged', async (low, high) => {
    expect(await client.call(target('Wide'), 'xt', [low, high], 'xt')).toEqual([low, high]);
  });

  it('is told its caller', async () => {
    expect(await client.call(target('Who'), '', [], 's')).toEqual([client.uniqueName]);
  });

  it('answers 1,000 calls at once', async () => {
    const calls = Array.from({ length: 1000 }, (_, index) =>
      client.call(target('Wide'), 'xt', [BigInt(index), 0n], 'xt'),
    );
    expect((await Promise.all(calls)).map(([low]) => Number(low))).toEqual(calls.map((_, index) => index));
  });

  it('fails with the code and message of a RingfenceError', async () => {
    await expect(client.call(target('Fail'), 's', ['known'], '')).rejects.toMatchObject({
      dbusName: 'org.ringfence.Error.NoSuchApp',
      message: 'cannot buy pears: none left',
    });
    expect(internalErrors).toEqual([]);
  });

  it('fails as Failed, without stack text, when the handler has a bug', async () => {
    await expect(client.call(target('Fail'), 's', ['bug'], '')).rejects.toMatchObject({
      dbusName: 'org.ringfence.Error.Failed',
      message: 'internal error: secret',
    });
    expect(internalErrors).toHaveLength(1);
  });

  it.each(['not/absolute', '/a//b', '/ä', ''])(
    'that would answer the invalid path %j fails, and stays on the bus',
    async (path) => {
      await expect(client.call(target('BadPath'), 's', [path], 'o')).rejects.toMatchObject({
        dbusName: 'org.ringfence.Error.Failed',
      });
      expect(await client.call(target('BadPath'), 's', ['/fine'], 'o')).toEqual(['/fine']);
      expect(internalErrors).toHaveLength(1);
    },
  );

  it.each([
    ['UnknownObject', target('Buy', name, '/nowhere')],
    ['UnknownInterface', target('Buy', 'org.example.Other')],
    ['UnknownInterface', target('Buy', name, '/org/example')],
    ['UnknownMethod', target('Sell')],
    ['UnknownMethod', target('constructor')],
    ['UnknownMethod', target('__proto__')],
    ['UnknownMethod', target('toString')],
  ])('that does not exist is %s', async (error, unknown) => {
    await expect(client.call(unknown, 's', ['pear'], '')).rejects.toMatchObject({
      dbusName: `org.freedesktop.DBus.Error.${error}`,
    });
  });

  it('that is called with the wrong signature says the right one', async () => {
    await expect(client.call(target('Buy'), 'su', ['pear', 1], 'o')).rejects.toMatchObject({
      dbusName: 'org.freedesktop.DBus.Error.InvalidArgs',
      message: "cannot call Buy: it takes (s item, as notes, a{ss} options), not 'su'",
    });
  });
});

describe('properties', () => {
  it('are read one by one and all together', async () => {
    const [tags] = await client.call(target('Get', properties), 'ss', [name, 'Tags'], 'v');
    expect(tags).toEqual(new Variant('as', ['a', 'b']));
    const [all] = await client.call(target('GetAll', properties), 's', [name], 'a{sv}');
    expect(Object.fromEntries([...all].map(([key, value]) => [key, value.value]))).toEqual({
      Version: '1.0',
      Tags: ['a', 'b'],
      Size: 2n ** 64n - 1n,
      Count: 4294967295,
      Labels: new Map([['__proto__', 'x']]),
      Rows: [new Map([['k', 'v']]), new Map()],
      Nested: new Map([['p', new Map([['n', new Variant('u', 7)]])]]),
      Pids: [1, 2, 3],
    });
  });

  it('cannot be written', async () => {
    await expect(
      client.call(target('Set', properties), 'ssv', [name, 'Version', new Variant('s', 'HACKED')], ''),
    ).rejects.toMatchObject({ dbusName: 'org.freedesktop.DBus.Error.PropertyReadOnly' });
    const [version] = await client.call(target('Get', properties), 'ss', [name, 'Version'], 'v');
    expect(version.value).toBe('1.0');
  });

  it.each([
    ['UnknownProperty', name, 'Colour'],
    ['UnknownProperty', name, '__proto__'],
    ['UnknownInterface', 'org.example.Other', 'Version'],
  ])('that do not exist are %s, to read and to write', async (error, iface, property) => {
    const expected = { dbusName: `org.freedesktop.DBus.Error.${error}` };
    const value = new Variant('s', 'x');
    await expect(client.call(target('Get', properties), 'ss', [iface, property], 'v')).rejects.toMatchObject(expected);
    await expect(client.call(target('Set', properties), 'ssv', [iface, property, value], '')).rejects.toMatchObject(
      expected,
    );
  });

  it('announce a change as each is declared', async () => {
    const changes: unknown[][] = [];
    await client.subscribe({ sender: name, interface: properties }, ({ body }) => changes.push(body));
    await tree.propertiesChanged(root, name, ['Version', 'Tags', 'Size', 'Pids']);
    await expect.poll(() => changes).toEqual([[name, new Map([['Tags', new Variant('as', ['a', 'b'])]]), ['Size']]]);
  });
});

describe('the object manager', () => {
  const instance = {
    name: 'org.example.Order1',
    methods: {},
    properties: { Item: property('s', () => 'pear') },
    signals: {},
  };
  const broken = property('o', () => 'no path');
  const manager = 'org.freedesktop.DBus.ObjectManager';

  it('lists objects and announces their start and end in order', async () => {
    const seen: string[] = [];
    await client.subscribe({ sender: name, interface: manager }, ({ member, body }) =>
      seen.push(`${member} ${body[0]}`),
    );
    const paths = [1, 2, 3].map((id) => `${root}/orders/${id}`);
    await Promise.all(paths.flatMap((path) => [tree.addObject(path, [instance]), tree.removeObject(path)]));
    await expect
      .poll(() => seen)
      .toEqual(paths.flatMap((path) => [`InterfacesAdded ${path}`, `InterfacesRemoved ${path}`]));
    await tree.addObject(`${root}/orders/4`, [instance]);
    const [objects] = await client.call(target('GetManagedObjects', manager), '', [], 'a{oa{sa{sv}}}');
    const values = new Map([['Item', new Variant('s', 'pear')]]);
    expect(objects).toEqual(new Map([[`${root}/orders/4`, new Map([['org.example.Order1', values]])]]));
  });

  it('answers with a list before it announces what has come or gone since', async () => {
    const raw = await RawClient.connect(bus.path);
    onTestFinished(() => raw.close());
    const rule = new RawBody().string(`type='signal',interface='${manager}'`).buffer();
    await raw.callBus('AddMatch', 's', rule);
    const gates: (() => void)[] = [];
    const slow = property('s', () => new Promise<string>((resolve) => gates.push(() => resolve('pear'))));
    const added = tree.addObject(`${root}/orders/1`, [{ ...instance, properties: { Item: slow } }]);
    await expect.poll(() => gates.length).toBe(1);
    gates[0]?.();
    await added;
    const answer = raw.call({ destination: name, path: root, interface: manager, member: 'GetManagedObjects' });
    await expect.poll(() => gates.length).toBe(2);
    const announced = [tree.removeObject(`${root}/orders/1`), tree.addObject(`${root}/orders/2`, [instance])];
    // What it had to say of that alone, it would have said by now.
    await client.call(target('Who'), '', [], 's');
    gates[1]?.();
    const { serial } = await answer;
    await Promise.all(announced);
    await expect.poll(() => raw.received.some(({ body }) => body.includes('orders/2'))).toBe(true);
    // In the order in which they came.
    const told = raw.received.slice(raw.received.findIndex(({ body }) => body.includes('orders/1')));
    expect(told.map((one) => (one.serial === serial ? 'the answer' : one.member))).toEqual([
      'InterfacesAdded',
      'the answer',
      'InterfacesRemoved',
      'InterfacesAdded',
    ]);
  });

  it('leaves out, and reports, a property that cannot be read or sent', async () => {
    const unreadable = property('s', () => Promise.reject(new Error('gone')));
    const properties = { ...instance.properties, Broken: broken, Unreadable: unreadable };
    await tree.addObject(`${root}/orders/5`, [{ ...instance, properties }]);
    const [objects] = await client.call(target('GetManagedObjects', manager), '', [], 'a{oa{sa{sv}}}');
    expect([...(objects.get(`${root}/orders/5`)?.get('org.example.Order1')?.keys() ?? [])]).toEqual(['Item']);
    expect(internalErrors).toHaveLength(4);
  });
});

describe('introspection', () => {
  async function introspect(path: string): Promise<string> {
    const call = { destination: name, path, interface: 'org.freedesktop.DBus.Introspectable', member: 'Introspect' };
    const [xml] = await client.call(call, '', [], 's');
    return xml;
  }

  it('tells argument names, annotations and children', async () => {
    await tree.addObject(`${root}/orders/1`, []);
    const xml = await introspect(root);
    expect(xml).toContain('<arg name="options" type="a{ss}" direction="in"/>');
    expect(xml).toContain('<property name="Version" type="s" access="read">');
    expect(xml).toContain('<annotation name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="const"/>');
    expect(xml).toContain('<arg name="price" type="v"/>');
    expect(xml).toContain('<node name="orders"/>');
    expect(await introspect('/')).toContain('<node name="org"/>');
    expect(await introspect(`${root}/orders`)).toContain('<node name="1"/>');
  });

  it('of an unknown path fails', async () => {
    await expect(introspect('/nowhere')).rejects.toMatchObject({
      dbusName: 'org.freedesktop.DBus.Error.UnknownObject',
    });
  });

  it('is not needed for Peer, which answers everywhere', async () => {
    expect(await client.call(target('Ping', 'org.freedesktop.DBus.Peer', '/nowhere'), '', [], '')).toEqual([]);
  });
});

describe('a signal', () => {
  it('is emitted as declared', async () => {
    const bodies: unknown[][] = [];
    await client.subscribe({ sender: name, interface: name, member: 'Sold' }, ({ body }) => bodies.push(body));
    tree.emit(root, name, 'Sold', ['pear', new Variant('u', 3)]);
    await expect.poll(() => bodies).toEqual([['pear', new Variant('u', 3)]]);
  });

  it('that is undeclared, or has unfit arguments, throws and leaves the service on the bus', async () => {
    expect(() => tree.emit(root, name, 'Bought', [])).toThrow(TypeError);
    expect(() => tree.emit(root, name, 'Sold', ['pear'])).toThrow(TypeError);
    expect(() => service.emit('bad path', name, 'Sold', 's', ['x'])).toThrow(TypeError);
    expect(() => service.emit(root, name, 'Bad Member', 's', ['x'])).toThrow(TypeError);
    expect(() => service.emit(root, name, 'Sold', 'o', ['bad path'])).toThrow(TypeError);
    expect(() => service.emit(root, name, 'Sold', 's', ['\0'])).toThrow(TypeError);
    expect(() => service.emit(root, name, 'Sold', 's', ['\ud800'])).toThrow(TypeError);
    expect(() => service.emit(root, name, 'Sold', 'h', [0])).toThrow(TypeError);
    expect(await client.call(target('Who'), '', [], 's')).toEqual([client.uniqueName]);
  });
});
