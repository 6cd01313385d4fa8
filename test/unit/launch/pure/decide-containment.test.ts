import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/domain/config/read-config.ts';
import { isRingfenceError } from '../../../../src/domain/errors.ts';
import type { HostFacts } from '../../../../src/domain/host-facts.ts';
import { decideContainment } from '../../../../src/launch/pure/decide-containment.ts';
import { parseLaunchOptions } from '../../../../src/launch/pure/launch-options.ts';

const host: HostFacts = {
  memoryBytes: 8n * 2n ** 30n,
  swapBytes: 2n ** 30n,
  taskCeiling: 32_000n,
  controllers: new Set(['cpu', 'io', 'memory', 'pids']),
  kernelHas: () => true,
  systemdVersion: 252,
};

function decide(toml: string, app: string | undefined, options: Record<string, string> = {}, on: HostFacts = host) {
  const { config } = readConfig([{ path: '/c.toml', text: toml }]);
  const request = parseLaunchOptions('launch', `launch ${app}`, new Map(Object.entries(options)));
  return decideContainment({ app, config, request, host: on });
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'decided';
  } catch (error) {
    return isRingfenceError(error) ? error.code : String(error);
  }
}

const browser = [
  '[profile.browser]',
  'base = "relaxed"',
  'memory-max = "4G"',
  'cpu-quota = "300%"',
  '[app.firefox]',
  'profile = "browser"',
  'cpu-quota = "200%"',
].join('\n');

describe('decide containment', () => {
  it('gives an app nobody mentions the default', () => {
    const decision = decide('', 'gedit.desktop');
    expect(decision).toMatchObject({ app: 'gedit', profile: 'relaxed', mode: 'relaxed', shortcomings: [] });
    expect(decision.limits.map(({ name, value, origin }) => [name, value, origin.kind])).toEqual([
      ['memory-max', (8n * 2n ** 30n * 7n) / 10n, 'built-in'],
      ['memory-high', (((8n * 2n ** 30n * 7n) / 10n) * 98n) / 100n, 'built-in'],
      ['memory-swap-max', 2n ** 28n, 'built-in'],
      ['tasks-max', 4096n, 'built-in'],
    ]);
  });

  it('prefers request to app to profile to built-in, value by value', () => {
    const decision = decide(browser, 'firefox', { 'memory-max': '2G' });
    const origins = decision.limits.map(({ name, asked, origin }) => [name, asked, origin]);
    expect(origins).toEqual([
      ['memory-max', '2G', { kind: 'request' }],
      ['memory-high', '98% of memory-max', { kind: 'built-in' }],
      ['memory-swap-max', '25%', { kind: 'built-in' }],
      ['cpu-quota', '200%', { kind: 'file', path: '/c.toml', line: 7, key: 'app.firefox.cpu-quota' }],
      ['tasks-max', '4096', { kind: 'built-in' }],
    ]);
    expect(decision.reasons[0]).toBe('profile browser (/c.toml:6, built on relaxed)');
  });

  it('takes a memory-high as a share of the memory-max that counts', () => {
    const high = (toml: string, options: Record<string, string> = {}, on = host) =>
      decide(toml, 'a', options, on).limits.find(({ name }) => name === 'memory-high');
    const G = 2n ** 30n;
    expect(high('[app.a]\nmemory-max = "4G"')?.value).toBe((4n * G * 98n) / 100n);
    expect(high('[app.a]\nmemory-max = "4G"', { 'memory-max': '1G' })?.value).toBe((G * 98n) / 100n);
    expect(high('[app.a]\nmemory-max = "4G"\nmemory-high = "75% of memory-max"')?.value).toBe(3n * G);
    expect(high('[app.a]\nmemory-max = "4G"\nmemory-high = "75%"')?.value).toBe(6n * G);
    expect(high('', { 'memory-high': 'infinity' })?.value).toBe('infinity');
    // Nothing to be below of, or less than anybody can give back.
    expect(high('', { 'memory-max': 'infinity' })?.value).toBe('infinity');
    expect(high('', { 'memory-max': '64K' })?.value).toBe('infinity');
    const bare = { ...host, controllers: new Set<string>() };
    const none = { 'memory-max': 'infinity', 'memory-swap-max': 'infinity', 'tasks-max': 'infinity' };
    expect(decide('', 'a', none, bare).shortcomings).toEqual([]);
  });

  it("keeps an app's own limits under another profile", () => {
    const decision = decide(browser, 'firefox.desktop', { profile: 'relaxed' });
    expect(decision.profile).toBe('relaxed');
    expect(decision.limits.find(({ name }) => name === 'cpu-quota')?.asked).toBe('200%');
    expect(decision.limits.find(({ name }) => name === 'memory-max')?.asked).toBe('70%');
  });

  it('gives a command the default profile and no app section', () => {
    const decision = decide(`default-profile = "browser"\n${browser}`, undefined);
    expect(decision.app).toBeUndefined();
    expect(decision.limits.find(({ name }) => name === 'cpu-quota')?.asked).toBe('300%');
  });

  it('goes on relaxed without a controller, saying which, and how to get it', () => {
    const decision = decide(browser, 'firefox', {}, { ...host, controllers: new Set(['memory', 'pids']) });
    expect(decision.shortcomings.map(({ part }) => part)).toEqual(['cpu-quota']);
    expect(decision.shortcomings[0]?.fix).toContain('/etc/systemd/system/user@.service.d/delegate.conf');
    expect(decision.shortcomings[0]?.fix).toContain('Delegate=cpu cpuset io memory pids');
    expect(decision.limits.find(({ name }) => name === 'cpu-quota')?.shortcoming).toBe(decision.shortcomings[0]);
  });

  it('gives its reasons: where the profile comes from and what is built on, then what cannot be enforced', () => {
    const chain = '[profile.p]\nbase = "q"\n[profile.q]\nbase = "relaxed"';
    expect(decide('', 'a').reasons).toEqual(['profile relaxed (built-in)']);
    expect(decide(chain, 'a', { profile: 'p' }).reasons).toEqual(['profile p (request, built on q, relaxed)']);
    const reasons = decide('', 'a', {}, { ...host, controllers: new Set(['memory']) }).reasons;
    expect(reasons.slice(1)).toEqual(['tasks-max: the pids controller is not delegated to your user manager']);
  });

  it('says of a limit that can be enforced nothing more than that', () => {
    const [first] = decide('', 'a').limits;
    expect(first).toStrictEqual({
      name: 'memory-max',
      asked: '70%',
      origin: { kind: 'built-in' },
      value: (8n * 2n ** 30n * 7n) / 10n,
    });
  });

  it('refuses in one sentence for each way out, with all reasons and the limits they are about', () => {
    const reason = (name: string) => `the ${name} controller is not delegated to your user manager`;
    expect(() => decide('', undefined, { profile: 'strict' }, { ...host, controllers: new Set() })).toThrow(
      new RegExp(
        `^cannot launch the command strictly: memory-max, memory-high, memory-swap-max: ${reason('memory')}; tasks-max: ${reason('pids')} \\(as root, `,
      ),
    );
  });

  it('misses nothing for a limit of infinity', () => {
    const decision = decide(
      '',
      'a',
      { 'cpu-quota': 'infinity' },
      { ...host, controllers: new Set(['memory', 'pids']) },
    );
    expect(decision.shortcomings).toEqual([]);
  });

  it('names the known profiles', () => {
    expect(codeOf(() => decide(browser, 'a', { profile: 'nope' }))).toBe('NoSuchProfile');
    expect(() => decide(browser, 'a', { profile: 'nope' })).toThrow(/"nope".*browser, relaxed, strict/);
  });

  it.each([
    ['asked for', '', { profile: 'strict' }],
    ['configured', '[app.a]\nprofile = "strict"', {}],
    ['the default', 'default-profile = "strict"', {}],
    ['the base', '[profile.p]\nbase = "q"\n[profile.q]\nbase = "strict"', { profile: 'p' }],
  ])('is strict when it is %s, and refuses what it cannot hold', (_how, toml, options) => {
    const decision = decide(toml, 'a', options);
    expect(decision).toMatchObject({ mode: 'strict', sandbox: { network: true, x11: true, sound: false, home: true } });
    const bare = { ...host, controllers: new Set<string>() };
    expect(codeOf(() => decide(toml, 'a', options, bare))).toBe('NotEnforceable');
    expect(() => decide(toml, 'a', options, bare)).toThrow(/^cannot launch a strictly: memory-max, /);
  });

  it('names all limits that a refusal is about, and the way out once', () => {
    const bare = { ...host, controllers: new Set<string>() };
    const message = (() => {
      try {
        return String(decide('', 'a', { profile: 'strict', 'memory-high': '1G' }, bare));
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(message).toContain(': memory-max, memory-high');
    expect(message.match(/Delegate=/g)).toHaveLength(1);
    expect(message.match(/the memory controller/g)).toHaveLength(1);
  });

  it('lays what the config says about the sandbox over each other', () => {
    const toml = [
      '[profile.outer]',
      'base = "strict"',
      'network = false',
      'sound = true',
      'shared-folders = ["/srv/outer"]',
      '[profile.inner]',
      'base = "outer"',
      'sound = false',
      'own-names = ["org.example.Inner"]',
      '[app.a]',
      'profile = "inner"',
      'shared-folders = ["/srv/own:ro"]',
    ].join('\n');
    const { network, x11, sound, lists } = decide(toml, 'a').sandbox ?? {};
    expect({ network, x11, sound }).toEqual({ network: false, x11: true, sound: false });
    expect(lists?.['shared-folders'].map(({ value }) => value)).toEqual(['/srv/own:ro', '/srv/outer']);
    expect(lists?.['own-names'].map(({ value, origin }) => [value, origin])).toEqual([
      ['org.example.Inner', { kind: 'file', path: '/c.toml', line: 9, key: 'profile.inner.own-names' }],
    ]);
    expect(decide(toml, 'a', { profile: 'relaxed' }).sandbox).toBeUndefined();
  });

  it('names every missing part in a refusal', () => {
    const bare = { ...host, controllers: new Set<string>() };
    expect(() => decide('', 'a', { profile: 'strict' }, bare)).toThrow(
      /memory-max, memory-high, memory-swap-max: .*tasks-max: /,
    );
  });

  it('refuses a share that leaves nothing', () => {
    expect(codeOf(() => decide('', 'a', { 'memory-max': '0.0001%' }, { ...host, memoryBytes: 2n ** 30n }))).toBe(
      'InvalidLimit',
    );
  });

  it('holds back what a faulty file may want strict, unless the launch names its profile', () => {
    const faulty = '[app.a]\nprofile = "strict"\nnope = 1';
    expect(codeOf(() => decide(faulty, 'b'))).toBe('NotEnforceable');
    expect(() => decide(faulty, 'b')).toThrow(/line 3: app.a.nope/);
    expect(() => decide(faulty, 'b')).toThrow(/; correct the file, or name a profile for this launch$/);
    expect(decide(faulty, 'b', { profile: 'relaxed' }).mode).toBe('relaxed');
  });

  it('does not hold back what is strict anyway', () => {
    const { config } = readConfig([{ path: '/c.toml', text: '[app.a]\nprofile = "strict"\nnope = 1' }]);
    const enabled = { value: 'strict', origin: { kind: 'built-in' } } as const;
    expect(decideContainment({ app: 'b', config, enabled, request: { limits: new Map() }, host }).mode).toBe('strict');
  });
});
