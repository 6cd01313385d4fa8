import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { type PrivateBus, startPrivateBus } from '../../fixtures/private-bus.ts';
import { RawBody, RawClient } from '../../fixtures/raw-client.ts';

const name = 'org.example.Jobs1';
const path = '/org/example/Jobs1';
const match = { sender: name, interface: name, member: 'JobRemoved' };

let bus: PrivateBus;
let connections: BusConnection[];
let raws: RawClient[];
let listenerErrors: unknown[];
let subscriber: BusConnection;
let seen: string[];

beforeEach(async () => {
  connections = [];
  raws = [];
  listenerErrors = [];
  seen = [];
  bus = await startPrivateBus();
  subscriber = await connectHere();
});
afterEach(async () => {
  for (const raw of raws) raw.close();
  await Promise.all(connections.map((connection) => connection.close()));
  await bus.stop();
});

async function connectHere(): Promise<BusConnection> {
  const connection = await connectBus(bus.address, { onInternalError: (error) => listenerErrors.push(error) });
  connections.push(connection);
  return connection;
}

async function connectRaw(): Promise<RawClient> {
  const raw = await RawClient.connect(bus.path);
  raws.push(raw);
  return raw;
}

/** A peer that owns the name. */
async function startPeer(): Promise<BusConnection> {
  const peer = await connectHere();
  expect(await peer.requestName(name)).toBe('owner');
  return peer;
}

function announce(peer: BusConnection, job: string): void {
  peer.emit(path, name, 'JobRemoved', 's', [job]);
}

function remember({ body }: { body: unknown[] }): void {
  seen.push(String(body[0]));
}

/** Everything sent to the subscriber before this has been dealt with by it. */
async function settle(): Promise<void> {
  const peer = { destination: subscriber.uniqueName, path: '/', interface: 'org.example.None', member: 'None' };
  for (const connection of connections) await connection.call(peer, '', [], '').catch(() => {});
}

/** A monitor of the bus; `count` tells how many calls of `member` it has seen. */
async function watchCalls(): Promise<(member: string) => number> {
  const monitor = await connectRaw();
  const rules = new RawBody().array(4, (elements) => elements.string("type='method_call'")).uint32(0);
  const reply = await monitor.call({
    destination: 'org.freedesktop.DBus',
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus.Monitoring',
    member: 'BecomeMonitor',
    signature: 'asu',
    body: rules.buffer(),
  });
  expect(reply.errorName).toBe('');
  return (member) => monitor.received.filter((message) => message.type === 1 && message.member === member).length;
}

describe('a subscription', () => {
  it('delivers what it asks for and nothing else, until it ends', async () => {
    const peer = await startPeer();
    const end = await subscriber.subscribe({ ...match, pathNamespace: path, arg0: "it's" }, remember);
    announce(peer, "it's");
    announce(peer, 'other');
    peer.emit('/elsewhere', name, 'JobRemoved', 's', ["it's"]);
    peer.emit(`${path}/below`, name, 'JobRemoved', 's', ["it's"]);
    peer.emit(`${path}2`, name, 'JobRemoved', 's', ["it's"]);
    peer.emit(path, name, 'JobNew', 's', ["it's"]);
    await settle();
    expect(seen).toEqual(["it's", "it's"]);
    await end();
    await end();
    announce(peer, "it's");
    await settle();
    expect(seen).toHaveLength(2);
  });

  it('is one match rule on the bus however many share it', async () => {
    const calls = await watchCalls();
    const unique = (await startPeer()).uniqueName;
    const ends = await Promise.all(
      Array.from({ length: 50 }, () => subscriber.subscribe({ ...match, sender: unique }, remember)),
    );
    await expect.poll(() => calls('AddMatch')).toBe(1);
    await Promise.all(ends.slice(1).map((end) => end()));
    await settle();
    expect(calls('RemoveMatch')).toBe(0);
    await ends[0]?.();
    await expect.poll(() => calls('RemoveMatch')).toBe(1);
    expect(calls('AddMatch')).toBe(1);
  });

  it('to a well-known name adds one more, for its owner, and leaves none behind', async () => {
    const calls = await watchCalls();
    for (let round = 0; round < 20; round += 1) {
      const ends = await Promise.all([1, 2].map(() => subscriber.subscribe(match, remember)));
      await Promise.all(ends.map((end) => end()));
    }
    await expect.poll(() => [calls('AddMatch'), calls('RemoveMatch')]).toEqual([40, 40]);
  });

  it('goes on when the peer restarts, and may begin before there is one', async () => {
    await subscriber.subscribe(match, remember);
    for (const round of ['first', 'second', 'third']) {
      const peer = await startPeer();
      announce(peer, round);
      await settle();
      await peer.close();
      connections.splice(connections.indexOf(peer), 1);
    }
    expect(seen).toEqual(['first', 'second', 'third']);
  });

  it('ignores signals of anybody but the owner, sent straight to it', async () => {
    const peer = await startPeer();
    const forger = await connectRaw();
    await subscriber.subscribe(match, remember);
    const forge = (more: { interface?: string; member?: string; path?: string; signature: string; body: Buffer }) =>
      forger.send({
        type: 4,
        destination: subscriber.uniqueName,
        path,
        interface: name,
        member: 'JobRemoved',
        ...more,
      });
    forge({ signature: 's', body: new RawBody().string('forged').buffer() });
    // Nor does a forged change of owner make the forger the owner.
    const body = new RawBody().string(name).string(peer.uniqueName).string(forger.name).buffer();
    const driver = 'org.freedesktop.DBus';
    forge({ path: '/org/freedesktop/DBus', interface: driver, member: 'NameOwnerChanged', signature: 'sss', body });
    forge({ signature: 's', body: new RawBody().string('forged again').buffer() });
    await forger.call({ destination: subscriber.uniqueName, path: '/', interface: 'org.example.None', member: 'None' });
    announce(peer, 'real');
    await settle();
    expect(seen).toEqual(['real']);
  });

  it('whose listener throws harms neither the others nor the connection', async () => {
    const peer = await startPeer();
    await subscriber.subscribe(match, () => {
      throw new Error('a bug');
    });
    await subscriber.subscribe(match, remember);
    announce(peer, 'one');
    announce(peer, 'two');
    await settle();
    expect(seen).toEqual(['one', 'two']);
    expect(listenerErrors).toHaveLength(2);
  });

  it('with invalid names is refused', async () => {
    await expect(subscriber.subscribe({ ...match, sender: "x'" }, remember)).rejects.toThrow(TypeError);
    await expect(subscriber.subscribe({ ...match, path: "/a'" }, remember)).rejects.toThrow(TypeError);
  });
});
