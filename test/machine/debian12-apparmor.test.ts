import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BusConnection } from '../../src/platform/dbus/connection.ts';
import { installEntry, installProgram, removeEntries } from '../fixtures/desktop-entries.ts';
import { built, connectTestBus, endAll, processesWith } from '../fixtures/live-daemon.ts';
import { loadProfiles } from '../fixtures/root-door.ts';
import { dbusSend, errorName } from '../harness/bus-call.ts';
import { command } from '../harness/command.ts';
import { type Daemon, startDaemon } from '../harness/daemon.ts';
import { waitFor } from '../harness/wait-for.ts';

// Ubuntu's limits on user namespaces as far as AppArmor itself makes them: by profiles of /usr/bin/bwrap. Its kernel's own patch, by
// which programs without a profile are limited as well, is not here.
const home = process.env['HOME'] ?? '';
const marker = 'ringfence-test-apparmor';
const ownWitness = join(home, '.local/share/ringfence/homes/local.org.test.Confined/it-ran');
const ownLabel = 'ringfence-bwrap (enforce)';
const none = (await loadProfiles()) === undefined;

interface Finding {
  readonly name: string;
  readonly state: string;
  readonly says: string;
  readonly fix?: string;
}

async function doctor(): Promise<Record<'sandbox' | 'browsers', Finding | undefined>> {
  const { stdout } = await command([built.ringfence, 'doctor', '--json']);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const find = (name: string) => findings.find((one) => one.name === `strict: ${name}`);
  return { sandbox: find('sandbox'), browsers: find('browsers') };
}

const sandbox = ['--unshare-user', '--dev-bind', '/', '/', '--'];
const plain = ['/usr/bin/bwrap', ...sandbox];
const helper = ['/usr/lib/ringfence/ringfence-bwrap', ...sandbox];

/** Both steps, without Ringfence. */
async function bubblewrap(): Promise<{ makesOne: boolean; andOneInIt: boolean }> {
  const works = async (argv: readonly string[]) => (await command([...plain, ...argv])).code === 0;
  return { makesOne: await works(['true']), andOneInIt: await works(['unshare', '--user', '--map-root-user', 'true']) };
}

// The kernel of package user-mode-linux, which is the last resort where no other can be had, has no AppArmor.
describe.skipIf(none)('strict where AppArmor limits user namespaces', () => {
  let bus: BusConnection;
  let daemon: Daemon;

  beforeAll(async () => {
    bus = await connectTestBus();
    daemon = await startDaemon();
    const script = `#!/bin/sh\ntouch "$HOME/it-ran"\nexec sh -c 'sleep 1000; :' ${marker}\n`;
    installEntry('org.test.Confined', [`Exec=${installProgram(home, 'confined-app', script)}`]);
  });
  afterEach(async () => {
    await endAll(bus);
    rmSync(ownWitness, { force: true });
  });
  afterAll(async () => {
    await loadProfiles();
    removeEntries();
    for (const name of ['confined-app', 'confined']) rmSync(join(home, name), { recursive: true, force: true });
    await daemon?.stop();
    await bus?.close();
  });

  const launch = () =>
    dbusSend('Launch', ['string:org.test.Confined', 'array:string:', 'dict:string:string:profile,strict']);
  /** Starts the strict app, and reads from the kernel what confines it. */
  async function labelOfApp(): Promise<string> {
    expect((await launch()).stderr).toBe('');
    await waitFor(() => existsSync(ownWitness), { what: 'the strict app' });
    const pid = await waitFor(() => processesWith(marker)[0], { what: 'its process' });
    expect(readlinkSync(`/proc/${pid}/ns/user`)).not.toBe(readlinkSync('/proc/self/ns/user'));
    return readFileSync(`/proc/${pid}/attr/current`, 'utf8').trim();
  }
  /** The same of a strict command, whose sandbox ringfence-shell makes. */
  const labelOfCommand = async () => {
    const inside = ['/bin/sh', '-c', 'cat /proc/self/attr/current && unshare --user --map-root-user true'];
    // In a folder that a strict command may have.
    const folder = join(home, 'confined');
    mkdirSync(folder, { recursive: true });
    return command([built.ringfence, 'run', '--wait', '--profile', 'strict', '--', ...inside], { cwd: folder });
  };

  it('needs no helper where bubblewrap may do all', async () => {
    await loadProfiles('helper');
    expect(await bubblewrap()).toEqual({ makesOne: true, andOneInIt: true });
    expect((await doctor()).sandbox).toMatchObject({ state: 'works', says: expect.not.stringContaining('started as') });
    expect(await labelOfApp()).toBe('unconfined');
  });

  it('refuses where bubblewrap may make none, and the doctor says what helps', async () => {
    expect(await loadProfiles('no-namespaces')).toContain('no-namespaces (enforce)');
    expect(await bubblewrap()).toEqual({ makesOne: false, andOneInIt: false });
    expect(errorName(await launch())).toBe('org.ringfence.Error.NotEnforceable');
    const { sandbox, browsers } = await doctor();
    expect(sandbox).toMatchObject({
      state: 'limited',
      says: expect.stringContaining('Permission denied'),
      fix: expect.stringContaining('install the package ringfence, which has an AppArmor profile'),
    });
    expect(browsers).toBeUndefined();

    await loadProfiles('no-namespaces', 'helper-alone');
    expect((await doctor()).sandbox).toMatchObject({
      state: 'limited',
      fix: expect.stringContaining('apparmor_parser --replace '),
    });
    expect(errorName(await launch())).toBe('org.ringfence.Error.NotEnforceable');
    expect(existsSync(ownWitness)).toBe(false);
    expect(processesWith(marker)).toEqual([]);
  });

  it('works there with the profile of its own helper, for apps and for commands, with the same daemon', async () => {
    await loadProfiles('no-namespaces', 'helper');
    expect(await bubblewrap()).toEqual({ makesOne: false, andOneInIt: false });
    const { sandbox, browsers } = await doctor();
    expect(sandbox).toMatchObject({
      state: 'works',
      says: expect.stringContaining('started as /usr/lib/ringfence/ringfence-bwrap'),
    });
    expect(browsers).toMatchObject({ state: 'works', says: expect.stringContaining(`AppArmor label ${ownLabel}`) });
    expect(await labelOfApp()).toBe(ownLabel);
    expect(await labelOfCommand()).toMatchObject({ code: 0, stderr: '', stdout: `${ownLabel}\n` });
    expect(daemon.process.exitCode).toBeNull();
  });

  it('says where bubblewrap may make one and nothing in it may, which is mended by the helper as well', async () => {
    await loadProfiles('no-nested');
    expect(await bubblewrap()).toEqual({ makesOne: true, andOneInIt: false });
    const { sandbox, browsers } = await doctor();
    expect(sandbox?.state).toBe('works');
    expect(browsers).toMatchObject({
      state: 'limited',
      says: expect.stringContaining('AppArmor label bwrap//&unpriv_bwrap (enforce)'),
      fix: expect.stringMatching(/install the package ringfence.*relaxed/),
    });

    await loadProfiles('no-nested', 'helper');
    expect((await doctor()).browsers).toMatchObject({ state: 'works', says: expect.stringContaining(ownLabel) });
  });

  it('is no way out of the profile that Ubuntu has for bubblewrap: only who is outside of it has more by the helper', async () => {
    await loadProfiles('no-nested', 'helper');
    const browsersOwn = ['unshare', '--user', '--map-root-user', 'true'];
    expect((await command([...helper, ...browsersOwn])).code).toBe(0);
    expect((await command([...plain, ...helper, 'true'])).code).not.toBe(0);
    expect((await command([...plain, ...browsersOwn])).code).not.toBe(0);
  });
});
