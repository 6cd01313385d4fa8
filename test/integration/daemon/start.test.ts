import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BusConnection, connectBus } from '../../../src/platform/dbus/connection.ts';
import { built, busName, temporaryFolder } from '../../fixtures/live-daemon.ts';
import { type PrivateBus, startPrivateBus } from '../../fixtures/private-bus.ts';

// A bus that starts the daemon by itself, and has no user manager on it.
describe('a daemon that cannot start', () => {
  let folder: string;
  let bus: PrivateBus;
  let client: BusConnection;

  beforeEach(async () => {
    folder = temporaryFolder();
    const services = join(folder, 'dbus-1/services');
    mkdirSync(services, { recursive: true });
    const file = `[D-BUS Service]\nName=${busName}\nExec=${built.ringfenced}\n`;
    writeFileSync(join(services, `${busName}.service`), file);
    bus = await startPrivateBus(folder);
    client = await connectBus(bus.address);
  });
  afterEach(async () => {
    await client.close();
    await bus.stop();
    rmSync(folder, { recursive: true });
  });

  it('says why to everyone who has called, each time', async () => {
    const target = { destination: busName, path: '/org/ringfence/Ringfence1', interface: busName, member: 'Run' };
    const run = () => client.call(target, 'asa{ss}a{ss}', [['true'], new Map(), new Map()], 'o');
    for (let round = 0; round < 3; round += 1) {
      for (const outcome of await Promise.allSettled([run(), run(), run()])) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: {
            dbusName: 'org.ringfence.Error.Unreachable',
            message: expect.stringMatching(/^cannot reach the user manager of systemd: /),
          },
        });
      }
    }
  });
});
