import { describe, expect, it } from 'vitest';
import type { DoctorFacts } from '../../../../src/install/pure/doctor-facts.ts';
import { type Finding, judgeHost } from '../../../../src/install/pure/judge-host.ts';

const all = new Set(['cpu', 'io', 'memory', 'pids']);
const healthy: DoctorFacts = {
  version: '1.0.0',
  installations: { own: { folder: '/data/ringfence', version: '1.0.0', missing: [] }, shared: undefined },
  busProblem: undefined,
  manager: { version: 257, controllers: all, swapIsCounted: true },
  unifiedCgroups: true,
  kernelControllers: all,
  swapBytes: 1n,
  sandbox: {
    machine: 'x86_64',
    bwrapVersion: 'bubblewrap 0.8.0',
    proxyVersion: 'xdg-dbus-proxy 0.1.4',
    trial: { exitCode: 0, stderr: '' },
    sessionAddress: 'unix:path=/run/user/1000/bus',
    network: true,
  },
  hasPerl: true,
  nested: { exitCode: 0, stderr: '', hadSandbox: true, label: '' },
  unwritable: [],
  isRoot: false,
  activation: { path: '/data/x.service', missing: [] },
  unit: { load: 'loaded', active: 'active', file: '/data/ringfence.service', stale: false, missing: [] },
  daemon: { version: '1.0.0' },
  watching: undefined,
  desktop: [],
  entries: [{ id: 'firefox.desktop', state: 'enabled' }],
  journald: 'pong',
  journalBinding: true,
  notifications: { service: true, client: true },
  window: { installed: true, host: { gjs: 17_402, gtk: 8, adw: 2 } },
  binOutsidePath: undefined,
  configErrors: [],
  configWarnings: [],
};

const { proxyVersion: _none, ...withoutProxy } = healthy.sandbox;
const shared = { folder: '/usr/lib/ringfence', version: '1.1.0', missing: [] };
const unit = { load: 'loaded', active: 'active', file: '/data/ringfence.service', stale: false, missing: [] };

const notInstalled = {
  installations: { own: undefined, shared: undefined },
  activation: undefined,
  unit: { ...unit, load: 'not-found', file: '' },
};
const budgetRow = (texts: Record<string, string>) => new Map(Object.entries(texts));

function statesBut(facts: Partial<DoctorFacts>) {
  const findings = judgeHost({ ...healthy, ...facts }).filter(({ state }) => state !== 'works');
  for (const { fix } of findings) expect(fix).toMatch(/\S/);
  return findings.map(({ name, state }) => `${name}: ${state}`);
}

describe('judgeHost', () => {
  it('says that files cannot be watched', () => {
    const row = (state: string, more: Record<string, string> = {}) =>
      new Map(Object.entries({ name: 'apps-memory-max', asked: '90%', state, ...more }));
    expect(statesBut({ desktop: [row('enforced'), row('off')] })).toEqual([]);
    const lost = row('not-enforced', { reason: 'no controller', fix: 'delegate it' });
    expect(statesBut({ desktop: [lost] })).toEqual(['apps-memory-max: limited']);
    expect(statesBut({ watching: { reason: 'none left', fix: 'raise it' } })).toEqual(['file watching: limited']);
  });

  it('has nothing to say against a healthy host', () => expect(statesBut({})).toEqual([]));

  const cases: [string, Partial<DoctorFacts>, string[]][] = [
    ['an old systemd', { manager: { version: 249, controllers: all, swapIsCounted: true } }, ['user manager: limited']],
    [
      'no bus',
      {
        busProblem: 'cannot find the session bus',
        manager: undefined,
        unit: undefined,
        daemon: undefined,
        entries: undefined,
      },
      ['session bus: missing'],
    ],
    ['no user manager', { manager: undefined, unit: undefined }, ['user manager: missing']],
    ['version 1 of cgroups', { unifiedCgroups: false }, ['cgroups: missing']],
    [
      'controllers that are not delegated',
      { manager: { version: 257, controllers: new Set(['memory', 'pids']), swapIsCounted: true } },
      ['CPU limits: limited', 'io-weight: limited'],
    ],
    [
      'no memory controller',
      { manager: { version: 257, controllers: new Set(['cpu', 'io', 'pids']), swapIsCounted: false } },
      ['memory limits: missing'],
    ],
    [
      'swap that is not counted',
      { manager: { version: 257, controllers: all, swapIsCounted: false } },
      ['swap limits: limited'],
    ],
    [
      'no bubblewrap',
      { sandbox: { machine: 'x86_64', network: true, proxyVersion: '1', sessionAddress: 'unix:path=/b' } },
      ['strict: sandbox: limited'],
    ],
    [
      'bubblewrap that is not allowed to work',
      {
        sandbox: {
          ...healthy.sandbox,
          trial: { exitCode: 1, stderr: 'bwrap: setting up uid map: Permission denied' },
          apparmorRestrictsUserns: '1\n',
        },
      },
      ['strict: sandbox: limited'],
    ],
    ['no activation file', { activation: undefined }, ['D-Bus activation: missing']],
    [
      'a node that is gone',
      { activation: { path: '/data/x.service', missing: ['/opt/node'] }, daemon: { problem: 'exited' } },
      ['D-Bus activation: missing', 'daemon: missing'],
    ],
    [
      'a unit whose node is gone',
      { unit: { load: 'loaded', active: 'failed', file: '/u', stale: false, missing: ['/opt/node'] } },
      ['user unit: missing'],
    ],
    [
      'a masked unit',
      { unit: { load: 'masked', active: 'inactive', file: '', stale: false, missing: [] } },
      ['user unit: missing'],
    ],
    [
      'a changed unit',
      { unit: { load: 'loaded', active: 'active', file: '/u', stale: true, missing: [] } },
      ['user unit: limited'],
    ],
    ['another version', { daemon: { version: '0.9.0' } }, ['daemon: limited']],
    ['an edited entry', { entries: [{ id: 'a.desktop', state: 'edited' }] }, ['icons: limited']],
    ['a stale entry', { entries: [{ id: 'a.desktop', state: 'pending' }] }, ['icons: limited']],
    ['a daemon without entries', { entries: undefined }, []],
    ['a faulty configuration', { configErrors: ['cannot read x: line 1'] }, ['configuration: limited']],
    ['settings of no app', { configWarnings: ['x:1: no app y is installed'] }, ['configuration: limited']],
    ['no journald', { journald: 'missing' }, ['journal: limited']],
    ['no binding for it', { journalBinding: false }, ['journal: limited']],
    ['no notifications', { notifications: { service: false, client: true } }, ['notifications: limited']],
    ['a journald that takes no connections', { journald: 'refused' }, ['journal: limited']],
    ['a journald that hangs', { journald: 'silent' }, ['journal: limited']],
    ['no gjs', { window: { installed: true, host: { problem: 'gjs is not installed' } } }, ['window: limited']],
    ['no window', { window: { installed: false, host: { gjs: 18_400, gtk: 18, adw: 7 } } }, ['window: limited']],
    ['an old libadwaita', { window: { installed: true, host: { gjs: 17_402, gtk: 8, adw: 1 } } }, ['window: limited']],
    ['no notify-send', { notifications: { service: true, client: false } }, ['notifications: limited']],
    [
      'a unit that is not known',
      { unit: { load: 'not-found', active: 'inactive', file: '', stale: false, missing: [] } },
      ['user unit: missing'],
    ],
    [
      'a unit that cannot be used',
      { unit: { load: 'bad-setting', active: 'inactive', file: '/u', stale: false, missing: [] } },
      ['user unit: missing'],
    ],
    [
      'version 1 of cgroups, which delegates nothing',
      { unifiedCgroups: false, manager: { version: 257, controllers: new Set(), swapIsCounted: false } },
      [
        'cgroups: missing',
        'memory limits: missing',
        'task limits: missing',
        'CPU limits: limited',
        'io-weight: limited',
      ],
    ],
    [
      'files of the daemon that are gone, both of them',
      { activation: { path: '/data/x.service', missing: ['/opt/node', '/opt/ringfenced'] } },
      ['D-Bus activation: missing'],
    ],
    [
      'two edited entries before one that is stale',
      {
        entries: [
          { id: 'a.desktop', state: 'edited' },
          { id: 'b.desktop', state: 'pending' },
          { id: 'c.desktop', state: 'edited' },
        ],
      },
      ['icons: limited'],
    ],
    ['no perl', { hasPerl: false }, ['strict: documents: limited']],
    ['no bus filter', { sandbox: withoutProxy }, ['strict: bus filter: limited']],
    [
      'a systemd of 251',
      { manager: { version: 251, controllers: all, swapIsCounted: true } },
      ['user manager: limited'],
    ],
    ['a systemd of 252', { manager: { version: 252, controllers: all, swapIsCounted: true } }, []],
    ['no swap', { swapBytes: 0n }, []],
    ['no icon yet', { entries: [{ id: 'a.desktop', state: 'available' }] }, []],
    [
      'sandboxes that programs in one cannot make',
      {
        nested: { exitCode: 1, stderr: 'unshare: write failed', hadSandbox: true, label: 'unpriv_bwrap (enforce)' },
        sandbox: { ...healthy.sandbox, appArmorIsOn: true, helper: '/usr/lib/ringfence/ringfence-bwrap' },
      },
      ['strict: browsers: limited'],
    ],
    ['two that are installed', { installations: { ...healthy.installations, shared } }, ['installation: limited']],
    [
      'two that are installed for all',
      {
        installations: {
          own: undefined,
          shared: { ...shared, folder: '/usr/local/lib/ringfence' },
          secondShared: shared,
        },
      },
      ['installation: limited'],
    ],
    [
      'a package that is not whole',
      { installations: { own: undefined, shared: { ...shared, missing: ['ringfence-open', 'ssc'] } } },
      ['installation: missing'],
    ],
    [
      'a copy that is not whole',
      { installations: { own: { folder: '/data/ringfence', version: '1.0.0', missing: ['ringfence-shell'] }, shared } },
      ['installation: missing'],
    ],
    [
      'a read-only home',
      { unwritable: ['the file system is read-only (/home/ada/.config); remount it writable and try again', 'EX'] },
      ['home: limited'],
    ],
    ['programs outside PATH', { binOutsidePath: '/home/ada/.local/bin' }, ['PATH: limited']],
    [
      'nothing that is installed',
      { ...notInstalled, daemon: { problem: 'nobody provides it' } },
      ['D-Bus activation: missing', 'user unit: missing', 'daemon: missing'],
    ],
    ['a package of all users', { installations: { own: undefined, shared } }, []],
    [
      'another version of the package',
      { installations: { own: undefined, shared }, daemon: { version: '0.9.0' } },
      ['daemon: limited'],
    ],
    [
      'no binding in a package',
      { installations: { own: undefined, shared }, journalBinding: false },
      ['journal: limited'],
    ],
    [
      'two that are installed, of which the user manager runs the other',
      { installations: { ...healthy.installations, shared }, unit: { ...unit, file: '/usr/lib/x.service' } },
      ['installation: limited'],
    ],
    [
      'two that are installed, and no user manager that has decided',
      { installations: { ...healthy.installations, shared }, unit: undefined },
      ['installation: limited'],
    ],
    ['a unit that lacks two files', { unit: { ...unit, missing: ['/opt/node', '/b'] } }, ['user unit: missing']],
    [
      'two stale entries',
      {
        entries: [
          { id: 'a.desktop', state: 'pending' },
          { id: 'b.desktop', state: 'pending' },
        ],
      },
      ['icons: limited'],
    ],
    ['two settings of no app', { configWarnings: ['x:1: no y', 'x:2: no z'] }, ['configuration: limited']],
    [
      'a controller that the kernel lacks',
      {
        manager: { version: 257, controllers: new Set(['cpu', 'io', 'pids']), swapIsCounted: false },
        kernelControllers: new Set(['cpu', 'io', 'pids']),
      },
      ['memory limits: missing'],
    ],
    [
      'a budget of the desktop, each part in another state',
      {
        desktop: [
          budgetRow({ name: 'apps-memory-max', asked: '90%', state: 'enforced' }),
          budgetRow({ name: 'apps-swap-max', asked: '90%', state: 'off' }),
          budgetRow({ name: 'session-memory-low', asked: '0', state: 'off' }),
          budgetRow({ name: 'other', asked: '1G', state: 'not-enforced', reason: 'no controller', fix: 'delegate it' }),
        ],
      },
      ['other: limited'],
    ],
    [
      'versions with line ends, and a trial with several lines',
      {
        sandbox: { ...healthy.sandbox, bwrapVersion: 'bubblewrap 0.9.0\n', proxyVersion: 'xdg-dbus-proxy 0.1.5\n' },
        nested: { exitCode: 1, stderr: '\nunshare: failed\nmore\n', hadSandbox: true, label: '' },
      },
      ['strict: browsers: limited'],
    ],
    ['no trial in the sandbox', { nested: undefined }, []],
    [
      'a daemon that does not answer, whose files may be watched or not',
      { daemon: { problem: 'gone' } },
      ['daemon: missing'],
    ],
    ['a daemon that hangs', { daemon: { problem: 'no answer came in time', hangs: true } }, ['daemon: missing']],
    [
      'no bus, though a daemon runs',
      { busProblem: 'it is gone', daemon: { version: '0.9.0' } },
      ['session bus: missing'],
    ],
  ];
  it.each(cases)('names %s and the way out', (_what, facts, expected) => expect(statesBut(facts)).toEqual(expected));

  it('names the label that keeps a namespace from programs in the sandbox, and does not trust root', () => {
    const says = (facts: Partial<DoctorFacts>) =>
      judgeHost({ ...healthy, ...facts }).find(({ name }) => name === 'strict: browsers')?.says;
    const denied = {
      exitCode: 1,
      stderr: 'unshare: unshare failed: Permission denied\n',
      hadSandbox: true,
      label: 'unpriv_bwrap (enforce)',
    };
    const sandbox = { ...healthy.sandbox, appArmorIsOn: true };
    expect(says({ nested: denied, sandbox })).toContain(
      'AppArmor label unpriv_bwrap (enforce)): unshare: unshare failed',
    );
    expect(says({ nested: denied })).not.toContain('label');
    expect(says({ isRoot: true })).toContain('tried as root');
    // That the sandbox itself cannot be had is said already.
    expect(
      says({ nested: denied, sandbox: { ...healthy.sandbox, trial: { exitCode: 1, stderr: '' } } }),
    ).toBeUndefined();
  });

  it('says who makes the sandboxes where AppArmor keeps bubblewrap from it, and how to have it let the helper', () => {
    const find = (name: string, changes: Partial<DoctorFacts['sandbox']>, nested = healthy.nested) =>
      judgeHost({ ...healthy, nested, sandbox: { ...healthy.sandbox, ...changes } }).find((one) => one.name === name);
    const helper = '/usr/lib/ringfence/ringfence-bwrap';
    expect(find('strict: sandbox', { appArmorIsOn: true, helper, helperIsUsed: true })?.says).toBe(
      `bubblewrap 0.8.0 can make a sandbox, started as ${helper}, which AppArmor lets do that`,
    );
    expect(find('strict: sandbox', { appArmorIsOn: true, helper, helperIsUsed: false })?.says).toBe(
      'bubblewrap 0.8.0 can make a sandbox',
    );
    const denied = { exitCode: 1, stderr: 'unshare: no', hadSandbox: true, label: '' };
    const fix = (changes: Partial<DoctorFacts['sandbox']>) => find('strict: browsers', changes, denied)?.fix;
    expect(fix({ appArmorIsOn: true, helper })).toMatch(
      /^load Ringfence's AppArmor profile.*, or enable .* "ringfence enable --profile relaxed APP"$/,
    );
    expect(fix({ appArmorIsOn: true })).toMatch(/^install the package ringfence,.* relaxed APP"$/);
    expect(fix({})).toMatch(/^enable these with the relaxed profile/);
  });

  it('says which of two is used: the one that the user manager runs', () => {
    const says = (file: string) => {
      const both = { ...healthy.installations, shared };
      const findings = judgeHost({ ...healthy, installations: both, unit: { ...unit, file } });
      return findings.find(({ name }) => name === 'installation')?.says;
    };
    expect(says('/home/ada/.local/share/systemd/user/ringfence.service')).toContain('yours is used: 1.0.0 in /data/');
    expect(says('/usr/lib/systemd/user/ringfence.service')).toContain(
      'yours is not used: 1.1.0 in /usr/lib/ringfence runs',
    );
  });

  it('counts the icons, and does not speak of files where no daemon looks on', () => {
    const says = (name: string, facts: Partial<DoctorFacts>) =>
      judgeHost({ ...healthy, ...facts }).find((finding) => finding.name === name)?.says;
    const enabled = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ id: `${index}`, state: 'enabled' }));
    expect([0, 1, 2].map((count) => says('icons', { entries: enabled(count) }))).toEqual([
      'no app enabled yet',
      '1 goes through Ringfence',
      '2 go through Ringfence',
    ]);
    expect(says('file watching', {})).toBe('changed files are noticed at once');
    expect(says('file watching', { daemon: { problem: 'it ended' } })).toBeUndefined();
    expect(says('file watching', { daemon: undefined })).toBeUndefined();
    expect(says('daemon', { daemon: undefined })).toBeUndefined();
  });

  it('has a daemon of another version, or without its fields in the journal, mended where its files come from', () => {
    const both = { own: healthy.installations.own, shared };
    const fixes = (name: string, facts: Partial<DoctorFacts>) =>
      [both, healthy.installations, { own: undefined, shared: undefined }, { own: undefined, shared }].map(
        (installations) =>
          judgeHost({ ...healthy, ...facts, installations }).find((finding) => finding.name === name)?.fix,
      );
    const anew = 'run "ringfence install", or "systemctl --user restart ringfence.service"';
    expect(fixes('daemon', { daemon: { version: '0.9.0' } })).toEqual([
      ...[anew, anew, anew],
      'run "systemctl --user restart ringfence.service"',
    ]);
    const built = 'install libsystemd-dev, g++, make and python3, run "npm install" again and then "ringfence install"';
    expect(fixes('journal', { journalBinding: false })).toEqual([
      ...[built, built, built],
      expect.stringMatching(/^this needs no fix; .* "npm install --global --prefix \/usr systemd-journald" as root$/),
    ]);
  });

  it('has files of a package put back by the package', () => {
    const packaged = { own: undefined, shared };
    const gone = { ...unit, file: '/usr/lib/systemd/user/ringfence.service' };
    for (const facts of [
      { activation: undefined },
      { activation: { path: '/usr/share/x.service', missing: ['/usr/bin/node'] } },
      { unit: { ...gone, load: 'not-found' } },
      { unit: { ...gone, load: 'error' } },
      { unit: { ...gone, missing: ['/usr/lib/ringfence/ringfenced'] } },
      { daemon: { problem: 'it ended' } },
    ] satisfies Partial<DoctorFacts>[]) {
      const [finding] = judgeHost({ ...healthy, installations: packaged, ...facts }).filter(
        ({ state }) => state !== 'works',
      );
      expect(finding?.fix).toContain('install the package ringfence again');
      expect(finding?.fix).not.toContain('"ringfence install"');
    }
  });

  it('tells a controller that the kernel lacks from one that is not delegated', () => {
    const none = { version: 257, controllers: new Set<string>(), swapIsCounted: false };
    const fixOf = (facts: Partial<DoctorFacts>) =>
      judgeHost({ ...healthy, manager: none, ...facts }).find(({ name }) => name === 'memory limits')?.fix;
    expect(fixOf({})).toContain('Delegate=');
    expect(fixOf({ kernelControllers: new Set() })).toContain('cgroup_enable=memory');
    expect(fixOf({ kernelControllers: new Set() })).not.toContain('Delegate=');
  });

  // To be read by a person when it changes: these are the words by which users put their systems right.
  it('is golden, word for word', async () => {
    const told = (facts: Partial<DoctorFacts>) => judgeHost({ ...healthy, ...facts }).map(shown);
    const usual = told({});
    const parts = cases.map(([what, facts]) => [`## ${what}`, ...told(facts).filter((line) => !usual.includes(line))]);
    const page = [['## a healthy host', ...usual], ...parts].map((lines) => `${lines.join('\n')}\n`).join('\n');
    await expect(page).toMatchFileSnapshot('golden/doctor.txt');
  });
});

function shown({ name, state, says, fix }: Finding): string {
  return `${state} ${name}: ${says}${fix === undefined ? '' : `\n    ${fix}`}`;
}
