import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unixAddress } from '../../../src/platform/dbus/address.ts';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { type PrivateBus, startPrivateBus } from '../../fixtures/private-bus.ts';
import { RawBody, RawClient } from '../../fixtures/raw-client.ts';

const iface = 'org.example.Peer1';
const unreachable = { code: 'Unreachable' };

let bus: PrivateBus;
let dir: string;
let cleanUps: (() => unknown)[];

beforeEach(async () => {
  bus = await startPrivateBus();
  dir = await mkdtemp(join(tmpdir(), 'ringfence-connection-'));
  cleanUps = [];
});
afterEach(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await bus.stop();
  await rm(dir, { recursive: true, force: true });
});

async function connectHere(address = bus.address): Promise<BusConnection> {
  const connection = await connectBus(address);
  cleanUps.push(() => connection.close());
  return connection;
}

/** A server that is no bus: it answers what each received chunk makes of it. */
async function fakeBus(answer: (chunk: string, socket: Socket) => void): Promise<string> {
  const path = join(dir, 'fake');
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => answer(String(chunk), socket));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  cleanUps.push(() => server.close());
  return unixAddress(path);
}

function peer(destination: string, member: string) {
  return { destination, path: '/', interface: iface, member };
}

describe('connecting', () => {
  it('gives a unique name', async () => {
    expect((await connectHere()).uniqueName).toMatch(/^:\d+\.\d+$/);
  });

  it('tries the addresses of a list in order', async () => {
    const list = `tcp:host=localhost,port=1;unix:path=${dir}/none;unix:abstract=x;${bus.address}`;
    expect((await connectHere(list)).uniqueName).not.toBe('');
  });

  it('unescapes the path', async () => {
    const path = join(dir, 'a b;c,d=é%');
    await symlink(bus.path, path);
    expect((await connectHere(unixAddress(path))).uniqueName).not.toBe('');
  });

  it('is Unreachable where there is no socket, no listener, or no socket file', async () => {
    await expect(connectBus(`unix:path=${dir}/none`)).rejects.toMatchObject(unreachable);
    await writeFile(join(dir, 'file'), '');
    await expect(connectBus(`unix:path=${dir}/file`)).rejects.toMatchObject(unreachable);
    await bus.kill();
    await expect(connectBus(bus.address)).rejects.toMatchObject(unreachable);
    await expect(connectBus(`unix:path=${dir}/${'x'.repeat(200)}`)).rejects.toMatchObject(unreachable);
  });

  it.each<[string, (chunk: string, socket: Socket) => void]>([
    ['refuses the user', (_chunk, socket) => socket.write('REJECTED EXTERNAL\r\n')],
    ['talks nonsense', (_chunk, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['hangs up', (_chunk, socket) => socket.end()],
    [
      'hangs up after authenticating',
      (chunk, socket) => (chunk.includes('AUTH') ? socket.write('OK 12\r\n') : socket.end()),
    ],
    [
      'answers Hello with nonsense',
      (chunk, socket) => socket.write(chunk.includes('AUTH') ? 'OK 12\r\n' : 'nonsense'.repeat(9)),
    ],
    ['never answers', () => {}],
    ['never answers Hello', (chunk, socket) => void (chunk.includes('AUTH') && socket.write('OK 12\r\n'))],
  ])('is Unreachable where the other side %s', async (_what, answer) => {
    await expect(connectBus(await fakeBus(answer), { timeoutMs: 300 })).rejects.toMatchObject(unreachable);
  });
});

describe('a call', () => {
  it('that nobody answers is TimedOut, and a late answer harms nothing', async () => {
    const connection = await connectHere();
    const silent = await RawClient.connect(bus.path);
    cleanUps.push(() => silent.close());
    const answer = connection.call(peer(silent.name, 'Wait'), '', [], 's', { timeoutMs: 50 });
    await expect(answer).rejects.toMatchObject({ code: 'TimedOut' });
    await expect.poll(() => silent.received.some(({ type }) => type === 1)).toBe(true);
    const replySerial = silent.received.find(({ type }) => type === 1)?.serial ?? 0;
    const body = new RawBody().string('late').buffer();
    silent.send({ type: 2, destination: connection.uniqueName, replySerial, signature: 's', body });
    await silent.callBus('GetId');
    const echo = connection.call(peer(silent.name, 'Again'), '', [], 's');
    await expect.poll(() => silent.received.filter(({ type }) => type === 1).length).toBe(2);
    const again = silent.received.filter(({ type }) => type === 1)[1]?.serial ?? 0;
    silent.send({ type: 2, destination: connection.uniqueName, replySerial: again, signature: 's', body });
    expect(await echo).toEqual(['late']);
  });

  it('that is answered with another signature fails, with an error if that is unreadable', async () => {
    const connection = await connectHere();
    const liar = await RawClient.connect(bus.path);
    cleanUps.push(() => liar.close());
    const answer = connection.call(peer(liar.name, 'Ask'), '', [], 'u');
    await expect.poll(() => liar.received.some(({ type }) => type === 1)).toBe(true);
    const replySerial = liar.received.find(({ type }) => type === 1)?.serial ?? 0;
    const body = new RawBody().string('no number').buffer();
    liar.send({ type: 2, destination: connection.uniqueName, replySerial, signature: 's', body });
    await expect(answer).rejects.toMatchObject({ dbusName: 'org.freedesktop.DBus.Error.Failed' });
  });

  it('to nobody, or to a peer that leaves, is a RemoteError', async () => {
    const connection = await connectHere();
    await expect(connection.call(peer('org.example.None', 'Ask'), '', [], '')).rejects.toMatchObject({
      dbusName: 'org.freedesktop.DBus.Error.ServiceUnknown',
    });
    const leaving = await RawClient.connect(bus.path);
    const answer = connection.call(peer(leaving.name, 'Ask'), '', [], '');
    await expect.poll(() => leaving.received.some(({ type }) => type === 1)).toBe(true);
    leaving.close();
    await expect(answer).rejects.toMatchObject({ dbusName: 'org.freedesktop.DBus.Error.NoReply' });
  });

  it('with a value the bus would not take is refused, and the connection goes on', async () => {
    const connection = await connectHere();
    await expect(connection.call(peer('org.example.None', 'Ask'), 's', ['a\0b'], '')).rejects.toThrow(TypeError);
    await expect(connection.call(peer('org.example.None', 'Ask'), 'o', ['x'], '')).rejects.toThrow(TypeError);
    await expect(connection.call(peer('not a name', 'Ask'), '', [], '')).rejects.toThrow(TypeError);
    await expect(connection.call(peer('org.example.None', 'A sk'), '', [], '')).rejects.toThrow(TypeError);
    expect(await connection.requestName('org.example.Fine')).toBe('owner');
  });
});

describe('a bus that dies', () => {
  it('rejects pending and later calls, and says so once', async () => {
    const connection = await connectHere();
    const silent = await RawClient.connect(bus.path);
    cleanUps.push(() => silent.close());
    const pending = Array.from({ length: 10 }, () => connection.call(peer(silent.name, 'Wait'), '', [], ''));
    const outcomes = Promise.allSettled(pending);
    await expect.poll(() => silent.received.filter(({ type }) => type === 1).length).toBe(10);
    await bus.kill();
    expect(await connection.lost).toMatchObject(unreachable);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: unreachable });
    await expect(connection.call(peer(silent.name, 'Wait'), '', [], '')).rejects.toMatchObject(unreachable);
    await expect(connection.subscribe({ sender: 'org.example.X', interface: iface }, () => {})).rejects.toMatchObject(
      unreachable,
    );
    expect(() => connection.emit('/', iface, 'Gone', '', [])).not.toThrow();
  });

  it('is also what closing looks like, and closing twice is fine', async () => {
    const connection = await connectBus(bus.address);
    await connection.close();
    await connection.close();
    expect(await connection.lost).toMatchObject(unreachable);
  });
});

describe('a name', () => {
  it('is had by one at a time, and can be given up', async () => {
    const [first, second] = [await connectHere(), await connectHere()];
    expect(await first.requestName('org.example.Name')).toBe('owner');
    expect(await first.requestName('org.example.Name')).toBe('owner');
    expect(await second.requestName('org.example.Name')).toBe('taken');
    await first.releaseName('org.example.Name');
    expect(await second.requestName('org.example.Name')).toBe('owner');
  });

  it('that was called while another had it answers once it is ours', async () => {
    const [old, successor, client] = [await connectHere(), await connectHere(), await connectHere()];
    const answering = (connection: BusConnection, text: string) =>
      connection.serve(() => ({ signature: 's', body: [text] }));
    answering(old, 'old');
    answering(successor, 'new');
    await old.requestName('org.example.Name');
    expect(await successor.call(peer('org.example.Name', 'Who'), '', [], 's')).toEqual(['old']);
    await old.releaseName('org.example.Name');
    await successor.requestName('org.example.Name');
    expect(await client.call(peer('org.example.Name', 'Who'), '', [], 's')).toEqual(['new']);
  });
});

describe('a call to a well-known name', () => {
  it('may be given up before the answer to a first call', async () => {
    const owner = await connectHere();
    await owner.requestName('org.example.Leaving');
    owner.serve(async () => {
      await owner.releaseName('org.example.Leaving');
      return { signature: 's', body: ['late'] };
    });
    const caller = await connectHere();
    expect(await caller.call(peer('org.example.Leaving', 'Ask'), '', [], 's')).toEqual(['late']);
  });

  it('is answered by whoever got the name since, and by the next owner', async () => {
    const caller = await connectHere();
    const ask = () => caller.call(peer('org.example.Late', 'Who'), '', [], 's');
    await expect(ask()).rejects.toMatchObject({ dbusName: 'org.freedesktop.DBus.Error.ServiceUnknown' });
    for (const text of ['first', 'second']) {
      const owner = await connectHere();
      owner.serve(() => ({ signature: 's', body: [text] }));
      await owner.requestName('org.example.Late');
      expect(await ask()).toEqual([text]);
      await owner.releaseName('org.example.Late');
    }
  });
});

describe('a handler', () => {
  it('that throws, rejects or answers what cannot be sent is answered for with Failed', async () => {
    const errors: unknown[] = [];
    const service = await connectBus(bus.address, { onInternalError: (error) => errors.push(error) });
    cleanUps.push(() => service.close());
    service.serve(({ member }) => {
      if (member === 'Throw') throw new Error('a secret');
      if (member === 'Reject') return Promise.reject(new Error('a secret'));
      return { signature: 'u', body: ['no number'] };
    });
    const client = await connectHere();
    for (const member of ['Throw', 'Reject', 'Misfit']) {
      const error = await client.call(peer(service.uniqueName, member), '', [], 'u').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ dbusName: 'org.ringfence.Error.Failed' });
      expect(String(error)).not.toContain('secret');
    }
    expect(errors).toHaveLength(3);
  });

  it('may fail with any text', async () => {
    const service = await connectHere();
    service.serve(() => ({ errorName: 'not a name', message: `a\0b\ud800${'x'.repeat(100_000)}` }));
    const client = await connectHere();
    await expect(client.call(peer(service.uniqueName, 'Fail'), '', [], '')).rejects.toMatchObject({
      dbusName: 'org.freedesktop.DBus.Error.Failed',
      message: expect.stringMatching(/^a\u{fffd}b\u{fffd}x{4000,}…$/u),
    });
  });
});
