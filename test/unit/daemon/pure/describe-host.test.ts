import { describe, expect, it } from 'vitest';
import { describeCapabilities, describeProfiles } from '../../../../src/daemon/pure/describe-host.ts';
import { readConfig } from '../../../../src/domain/config/read-config.ts';
import type { HostFacts } from '../../../../src/domain/host-facts.ts';

const host: HostFacts = {
  memoryBytes: 2n ** 33n,
  swapBytes: 0n,
  taskCeiling: 1000n,
  controllers: new Set(['cpu', 'io', 'memory', 'pids']),
  kernelHas: () => true,
  systemdVersion: 252,
};
const told = (on: HostFacts, more: Parameters<typeof describeCapabilities>[1] = {}) =>
  describeCapabilities(on, more).map((one) => Object.fromEntries(one));
const limits = ['memory-max', 'memory-high', 'memory-swap-max', 'cpu-quota', 'cpu-weight', 'io-weight', 'tasks-max'];

describe('Capabilities', () => {
  it('has each limit, the sandbox and the watching of files, once', () => {
    expect(told(host)).toEqual([...limits, 'sandbox', 'file-watching'].map((name) => ({ name, available: 'yes' })));
  });

  // The controller that each file of a cgroup belongs to: Documentation/admin-guide/cgroup-v2.rst.
  it.each([
    ['memory', ['memory-max', 'memory-high', 'memory-swap-max']],
    ['cpu', ['cpu-quota', 'cpu-weight']],
    ['io', ['io-weight']],
    ['pids', ['tasks-max']],
  ])('misses without the %s controller %j', (controller, names) => {
    const controllers = new Set([...host.controllers].filter((one) => one !== controller));
    const missing = told({ ...host, controllers }).filter(({ available }) => available !== 'yes');
    expect(missing).toEqual(
      names.map((name) => ({
        name,
        available: 'no',
        reason: `the ${controller} controller is not delegated to your user manager`,
        fix: expect.stringContaining('Delegate='),
      })),
    );
  });

  it('does not send anybody to a delegation that cannot help: the kernel has no such controller', () => {
    const [missing] = told({ ...host, controllers: new Set(), kernelHas: () => false });
    expect(missing).toMatchObject({ reason: 'the kernel has no memory controller in cgroups version 2' });
    expect(missing?.['fix']).not.toContain('Delegate');
  });

  it('says what stands in the way of the sandbox', () => {
    const sandbox = { part: 'sandbox', reason: 'no bubblewrap', fix: 'install it' };
    expect(told(host, { sandbox })).toContainEqual({
      name: 'sandbox',
      available: 'no',
      reason: 'no bubblewrap',
      fix: 'install it',
    });
  });

  // inotify(7): /proc/sys/fs/inotify/max_user_instances and max_user_watches.
  it.each([
    ['instances', 'fs.inotify.max_user_instances = 1024'],
    ['watches', 'fs.inotify.max_user_watches = 524288'],
  ] as const)('says that the inotify %s are used up, and the setting that helps', (watching, setting) => {
    expect(told(host, { watching }).at(-1)).toEqual({
      name: 'file-watching',
      available: 'no',
      reason: expect.stringContaining(`used up the kernel's inotify ${watching}`),
      fix: expect.stringContaining(`"${setting}"`),
    });
  });
});

describe('Profiles', () => {
  it('has each profile with its mode, its base and the limits it ends up with', () => {
    const text = '[profile.work]\nbase = "strict"\nmemory-max = "4G"\n[profile.a]\nbase = "work"\ncpu-quota = "50%"\n';
    const profiles = describeProfiles(readConfig([{ path: '/c', text }]).config);
    const builtIn = {
      'memory-max': '70%',
      'memory-high': '98% of memory-max',
      'memory-swap-max': '25%',
      'tasks-max': '4096',
    };
    expect([...profiles].map(([name, settings]) => [name, Object.fromEntries(settings)])).toEqual([
      ['a', { mode: 'strict', base: 'work', ...builtIn, 'memory-max': '4G', 'cpu-quota': '50%' }],
      ['relaxed', { mode: 'relaxed', ...builtIn }],
      ['strict', { mode: 'strict', ...builtIn }],
      ['work', { mode: 'strict', base: 'strict', ...builtIn, 'memory-max': '4G' }],
    ]);
  });
});
