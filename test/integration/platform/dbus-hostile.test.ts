import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { createDispatcher, maxCallsPerSender } from '../../../src/platform/dbus/dispatcher.ts';
import { method, property } from '../../../src/platform/dbus/interface-spec.ts';
import { type PrivateBus, startPrivateBus } from '../../fixtures/private-bus.ts';
import { RawBody, RawClient, type RawMessage } from '../../fixtures/raw-client.ts';

const root = '/org/example/Target1';
const name = 'org.example.Target1';
const properties = 'org.freedesktop.DBus.Properties';
const megabyte = 1024 * 1024;

const busCall = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

let bus: PrivateBus;
let service: BusConnection;
let attacker: RawClient;
let internalErrors: unknown[];
let options: ReadonlyMap<string, string>;
let textLengths: number[];
let release: () => void;
let waiting: number;

beforeAll(async () => {
  bus = await startPrivateBus();
});
afterAll(() => bus.stop());

beforeEach(async () => {
  internalErrors = [];
  options = new Map();
  textLengths = [];
  waiting = 0;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  service = await connectBus(bus.address, { onInternalError: (error) => internalErrors.push(error) });
  const tree = createDispatcher(service, { root, onInternalError: (error) => internalErrors.push(error) });
  tree.serve();
  await tree.addObject(root, [
    {
      name,
      methods: {
        Take: method('a{ss}', ['options'], '', [], ([received]) => {
          options = received;
          return [];
        }),
        Measure: method('s', ['text'], '', [], ([text]) => {
          textLengths.push(text.length);
          return [];
        }),
        Hold: method('', [], '', [], async () => {
          waiting += 1;
          await held;
          waiting -= 1;
          return [];
        }),
      },
      properties: { Version: property('s', () => '1.0', 'const') },
      signals: {},
    },
  ]);
  await service.requestName(name);
  attacker = await RawClient.connect(bus.path);
});

// Whatever was sent: the service is still there, under its name, and nothing inside it went wrong.
afterEach(async () => {
  release();
  const witness = await connectBus(bus.address);
  const get = { destination: name, path: root, interface: properties, member: 'Get' };
  const [version] = await witness.call(get, 'ss', [name, 'Version'], 'v');
  expect(version.value).toBe('1.0');
  expect(internalErrors).toEqual([]);
  attacker.close();
  await Promise.all([witness.close(), service.close()]);
});

function to(member: string, more: RawMessage = {}): RawMessage {
  return { destination: name, path: root, interface: name, member, ...more };
}

/** The body of Properties.Set(name, 'Version', value), where `write` writes signature and value. */
function setBody(write: (body: RawBody) => void): Buffer {
  const body = new RawBody().string(name).string('Version');
  write(body);
  return body.buffer();
}

describe('a hostile client', () => {
  it('gets InvalidArgs for a descriptor index without a descriptor', async () => {
    const body = new RawBody().uint32(0).buffer();
    const reply = await attacker.call(to('Measure', { signature: 'h', body }));
    expect(reply.errorName).toBe('org.freedesktop.DBus.Error.InvalidArgs');
  });

  it('gets PropertyReadOnly for the same inside a variant', async () => {
    const body = setBody((set) => set.signature('h').uint32(7));
    const reply = await attacker.call(to('Set', { interface: properties, signature: 'ssv', body }));
    expect(reply.errorName).toBe('org.freedesktop.DBus.Error.PropertyReadOnly');
  });

  it.each([60, 63, 64, 200])('survives or is thrown out with %d variants inside each other', async (depth) => {
    const body = setBody((set) => {
      for (let level = 1; level < depth; level += 1) set.signature('v');
      set.signature('y').byte(1);
    });
    const answer = attacker.call(to('Set', { interface: properties, signature: 'ssv', body }));
    const outcome = () => attacker.isClosed || attacker.received.some((reply) => reply.type === 3);
    await expect.poll(outcome).toBe(true);
    if (!attacker.isClosed) expect((await answer).errorName).toMatch(/PropertyReadOnly|InvalidArgs/);
  });

  it('cannot reach a prototype with its keys', async () => {
    const keys = ['__proto__', 'constructor', 'toString'];
    const body = new RawBody()
      .array(8, (entries) => {
        for (const key of keys) entries.align(8).string(key).string('evil');
      })
      .buffer();
    const reply = await attacker.call(to('Take', { signature: 'a{ss}', body }));
    expect(reply.type).toBe(2);
    expect([...options.keys()]).toEqual(keys);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it.each(['', 'u', 'ss', 'v', 'as', '(s)', 'a{sv}'])('gets InvalidArgs for the signature %j', async (signature) => {
    const bodies: Record<string, Buffer> = {
      u: new RawBody().uint32(1).buffer(),
      ss: new RawBody().string('a').string('b').buffer(),
      v: new RawBody().signature('s').string('a').buffer(),
      as: new RawBody().uint32(0).buffer(),
      '(s)': new RawBody().string('a').buffer(),
      'a{sv}': new RawBody().uint32(0).uint32(0).buffer(),
    };
    const reply = await attacker.call(to('Measure', { signature, body: bodies[signature] ?? Buffer.alloc(0) }));
    expect(reply.errorName).toBe('org.freedesktop.DBus.Error.InvalidArgs');
    expect(reply.text).toContain('(s text)');
  });

  it('may send 1 MB', async () => {
    const body = new RawBody().string('x'.repeat(megabyte)).buffer();
    expect((await attacker.call(to('Measure', { signature: 's', body }))).type).toBe(2);
    expect(textLengths).toEqual([megabyte]);
  });

  it('gets LimitsExceeded for 10 MB, ten times over, and the calls between are answered', async () => {
    const huge = to('Measure', { signature: 's', body: new RawBody().string('x'.repeat(10 * megabyte)).buffer() });
    const small = to('Measure', { signature: 's', body: new RawBody().string('x').buffer() });
    const replies = Array.from({ length: 20 }, (_, index) => attacker.call(index % 2 === 0 ? huge : small));
    const names = (await Promise.all(replies)).map((reply) => reply.errorName);
    const limit = 'org.freedesktop.DBus.Error.LimitsExceeded';
    expect(names).toEqual(names.map((_, index) => (index % 2 === 0 ? limit : '')));
    expect(textLengths).toEqual(Array(10).fill(1));
  });

  it('is answered without an interface in the header', async () => {
    const message = { destination: name, path: root, member: 'Measure' };
    const body = new RawBody().string('xyz').buffer();
    expect((await attacker.call({ ...message, signature: 's', body })).type).toBe(2);
    expect(textLengths).toEqual([3]);
    const unknown = await attacker.call({ destination: name, path: root, member: 'Nothing' });
    expect(unknown.errorName).toBe('org.freedesktop.DBus.Error.UnknownMethod');
  });

  it('is answered in big-endian', async () => {
    const body = new RawBody('B').string('four').buffer();
    expect((await attacker.call(to('Measure', { endian: 'B', signature: 's', body }))).type).toBe(2);
    expect(textLengths).toEqual([4]);
  });

  it('gets no answer where it wants none, good or bad', async () => {
    const body = new RawBody().string('x').buffer();
    const silent = [to('Measure', { flags: 1, signature: 's', body }), to('Nothing', { flags: 1 })];
    const serials = silent.map((message) => attacker.send(message));
    await attacker.call(to('Measure', { signature: 's', body }));
    expect(textLengths).toEqual([1, 1]);
    expect(attacker.received.filter((reply) => serials.includes(reply.replySerial))).toEqual([]);
  });

  it('gets LimitsExceeded beyond its share of unanswered calls, and its share back', async () => {
    const calls = Array.from({ length: maxCallsPerSender + 10 }, () => attacker.call(to('Hold')));
    await expect.poll(() => attacker.received.filter((reply) => reply.type === 3).length).toBe(10);
    const other = await RawClient.connect(bus.path);
    const text = new RawBody().string('x').buffer();
    expect((await other.call(to('Measure', { signature: 's', body: text }))).type).toBe(2);
    other.close();
    release();
    await Promise.all(calls);
    expect((await attacker.call(to('Measure', { signature: 's', body: text }))).type).toBe(2);
  });

  it('may leave with calls in flight', async () => {
    for (let count = 0; count < 100; count += 1) void attacker.call(to('Hold'));
    await expect.poll(() => waiting).toBe(100);
    attacker.close();
    release();
    await expect.poll(() => waiting).toBe(0);
  });

  it.each(['its unique name', 'org.example.Slow'])(
    'cannot answer a call that was made to another by %s',
    async (by) => {
      const slow = await RawClient.connect(bus.path);
      if (by === 'org.example.Slow') {
        const body = new RawBody().string(by).uint32(0).buffer();
        expect((await slow.callBus('RequestName', 'su', body)).type).toBe(2);
      }
      const call = {
        destination: by === 'org.example.Slow' ? by : slow.name,
        path: '/',
        interface: 'org.example.Slow',
        member: 'Wait',
      };
      const answer = service.call(call, '', [], 's');
      await expect.poll(() => slow.received.some((message) => message.type === 1)).toBe(true);
      const body = new RawBody().string('forged').buffer();
      for (let serial = 1; serial <= 50; serial += 1) {
        attacker.send({
          type: 2,
          flags: 1,
          destination: service.uniqueName,
          replySerial: serial,
          signature: 's',
          body,
        });
      }
      await attacker.callBus('GetId');
      slow.send({
        type: 2,
        flags: 1,
        destination: service.uniqueName,
        replySerial: slow.received.find((message) => message.type === 1)?.serial ?? 0,
        signature: 's',
        body: new RawBody().string('real').buffer(),
      });
      expect(await answer).toEqual(['real']);
      slow.close();
    },
  );

  it.each<[string, RawMessage | Buffer]>([
    ['bytes that are no message', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['zeros', Buffer.alloc(4096)],
    ['a body longer than said', to('Measure', { signature: 's', body: Buffer.alloc(64, 0xff) })],
    ['a string without its end', to('Measure', { signature: 's', body: Buffer.from([255, 255, 255, 127, 0, 0]) })],
    [
      'invalid UTF-8',
      to('Measure', { signature: 's', body: new RawBody().string(Buffer.from([0xc3, 0x28])).buffer() }),
    ],
    ['a NUL in a string', to('Measure', { signature: 's', body: new RawBody().string('a\0b').buffer() })],
    ['a signature that is none', to('Measure', { signature: 'a{', body: Buffer.alloc(8) })],
    ['a signature of an unknown type', to('Measure', { signature: 'z', body: Buffer.alloc(8) })],
    ['a boolean of 2', to('Measure', { signature: 'b', body: new RawBody().uint32(2).buffer() })],
    ['an invalid path', to('Measure', { path: 'no/path' })],
    ['an invalid member', to('Me asure')],
    ['a body without a signature', to('Measure', { body: Buffer.alloc(16) })],
    ['message type 0', to('Measure', { type: 0 })],
    ['message type 77', to('Measure', { type: 77 })],
    ['an error nobody waits for', { type: 3, destination: name, errorName: 'a.b', replySerial: 3 }],
    [
      'a signal without body',
      { type: 4, destination: name, path: '/', interface: 'org.freedesktop.DBus', member: 'NameOwnerChanged' },
    ],
  ])('gets nowhere with %s', async (_what, message) => {
    if (Buffer.isBuffer(message)) attacker.sendBytes(message);
    else attacker.send(message);
    // The bus takes messages in order: an answer to the next one, or the end, comes after this one was dealt with.
    const before = attacker.received.length;
    const next = attacker.send({ ...busCall, member: 'GetId' });
    const isPast = () => attacker.isClosed || attacker.received.some((reply) => reply.replySerial === next);
    await expect.poll(isPast).toBe(true);
    expect(
      attacker.received.slice(before).filter((reply) => reply.type === 2 && reply.sender !== busCall.destination),
    ).toEqual([]);
    expect(textLengths).toEqual([]);
  });
});
