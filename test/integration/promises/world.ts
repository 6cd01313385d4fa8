import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Client } from '../../../src/clients/cli/client.ts';
import type { BusConnection, Signal } from '../../../src/platform/dbus/connection.ts';
import { installEntry, removeEntries } from '../../fixtures/desktop-entries.ts';
import { built, busName, connectTestBus, connectTestClient, endAll, fenceUnits } from '../../fixtures/live-daemon.ts';
import { type CommandResult, command } from '../../harness/command.ts';
import { type Daemon, startDaemon } from '../../harness/daemon.ts';
import { type TempHome, tempHome } from '../../harness/temp-home.ts';
import { waitFor } from '../../harness/wait-for.ts';

/** The app that the checks install, and where its entries lie. */
export const app = 'org.test.Promise';
export const applications = join(homedir(), '.local/share/applications');
export const autostart = join(homedir(), '.config/autostart');
export const entry = join(applications, `${app}.desktop`);

let bus: BusConnection;
let client: Client;
let daemon: Daemon;
let home: TempHome;
const ends = new Map<string, Map<string, string>>();
const heard: Signal[] = [];

/** A daemon for all checks of a file, with a profile "mine"; each leaves nothing behind for the next. */
export function inOneWorld(): void {
  beforeAll(async () => {
    bus = await connectTestBus();
    home = tempHome();
    mkdirSync(join(home.config, 'ringfence'));
    writeFileSync(configFile(), '[profile.mine]\nbase = "relaxed"\n');
    daemon = await startDaemon({ home });
    client = await connectTestClient();
    for (const name of ['ObjectManager', 'Properties'])
      await bus.subscribe({ sender: busName, interface: `org.freedesktop.DBus.${name}` }, (signal) =>
        heard.push(signal),
      );
    const ended = { sender: busName, interface: 'org.ringfence.Instance1', member: 'Ended' };
    await bus.subscribe(ended, ({ path, body }: Signal) => ends.set(path, body[0] as Map<string, string>));
  });
  afterEach(async () => {
    await ringfence('disable', '--all');
    await endAll(bus, client);
    removeEntries();
    rmSync(autostart, { recursive: true, force: true });
  });
  afterAll(async () => {
    await client.close();
    await daemon.stop();
    await bus.close();
    home.remove();
  });
}

/** The command line, with the daemon's configuration for its own, whatever comes of it. */
export const ringfence = (...args: string[]): Promise<CommandResult> =>
  command([built.ringfence, ...args], { env: { XDG_CONFIG_HOME: home.config } });

/** What a command that has to succeed prints. */
export async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ringfence(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

const listNames = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'ListNames',
} as const;

/**
 * The same for what is to be the first to see a change, before the daemon follows it by itself: the daemon is stopped from before
 * the change until the command has come to the bus.
 */
export async function doneFirst(change: () => void, ...args: string[]): Promise<string> {
  const clients = async () => (await bus.call(listNames, '', [], 'as'))[0] as string[];
  daemon.process.kill('SIGSTOP');
  try {
    change();
    const before = (await clients()).length;
    const said = done(...args);
    await waitFor(async () => (await clients()).length > before, { what: `ringfence ${args.join(' ')} on the bus` });
    daemon.process.kill('SIGCONT');
    return await said;
  } finally {
    daemon.process.kill('SIGCONT');
  }
}

/** The same, as JSON. */
export async function json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
  return JSON.parse(await done(...args)) as T;
}

/** The names of all scopes of ours. */
export const units = (): Promise<string[]> => fenceUnits(bus);

/** The only scope of ours. */
export async function theUnit(): Promise<string> {
  const [unit = '', ...more] = await units();
  expect([unit, more]).toEqual([expect.stringMatching(/^app-ringfence-.+\.scope$/), []]);
  return unit;
}

/** How an instance has ended, by its object's path. */
export async function endOf(path: string): Promise<Record<string, string>> {
  return Object.fromEntries(await waitFor(() => ends.get(path), { what: `the end of ${path}` }));
}

/** What the daemon of the checks reads. */
export const configFile = (): string => join(home.config, 'ringfence/config.toml');

/** The bus of the checks, and a client on it. */
export const theBus = (): BusConnection => bus;
export const theClient = (): Client => client;

/** Every signal of the standard interfaces that the daemon has sent, oldest first. */
export const signals = (): readonly Signal[] => heard;

/** As package.json has it. */
export const version = (): string => (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;

export const installApp = (...lines: string[]): string => installEntry(app, ['Exec=sleep 1000', ...lines]);

/** Whether the file is one that Ringfence wrote for a launcher. */
export const isShadow = (file: string): boolean =>
  existsSync(file) && readFileSync(file, 'utf8').includes('X-Ringfence-Source');
