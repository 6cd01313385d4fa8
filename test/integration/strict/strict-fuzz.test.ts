import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../../src/domain/decision.ts';
import { isRingfenceError } from '../../../src/domain/errors.ts';
import { parseMountinfo } from '../../../src/domain/mounts.ts';
import { resolveChoices } from '../../../src/domain/sandbox-choices.ts';
import { homes } from '../../../src/strict/io/homes.ts';
import { paths } from '../../../src/strict/io/look-at-paths.ts';
import { type LetIn, letIn } from '../../../src/strict/let-in.ts';
import { renderBwrapArgs } from '../../../src/strict/pure/bwrap-args.ts';
import { planSandbox, systemPaths } from '../../../src/strict/pure/plan.ts';
import { setupScript } from '../../../src/strict/pure/setup.ts';

// Homes that nobody would have: nothing of them is mounted that the settings do not name. Judged from what the kernel has mounted, and
// from inside, for every plan; RINGFENCE_TEST_HOMES=10000 looks at more of them.
const runs = Number(process.env['RINGFENCE_TEST_HOMES'] ?? 60);

const root = join(process.env['HOME'] ?? '', 'fuzz');
const home = join(root, 'home');
const folder = join(root, 'runtime');
const names = [
  'a',
  '.ssh',
  '.config',
  '.local',
  '.local/share',
  '.local/share/fonts',
  '.themes',
  '.fonts',
  'Downloads',
  'Music',
  'b c',
  "it's",
];
const more = [
  'x\ny',
  'ü',
  '.config/user-dirs.dirs',
  '.config/gtk-3.0/settings.ini',
  '.local/share/ringfence',
  '.local/share/ringfence/homes',
  '.local/share/ringfence/downloads.json',
  'Downloads/App',
  'Music/deep',
  '.local/share/ringfence/homes/app',
];
const place = fc.constantFrom(...names, ...more);
const anywhere = fc.oneof(
  fc.constantFrom(
    '/',
    '/etc',
    '/usr',
    '/tmp',
    '/proc/self/root',
    '..',
    '.',
    '../..',
    home,
    root,
    `${home}/.ssh`,
    `${home}/secret`,
  ),
  place,
  place.map((name) => join(home, name)),
);
const thing = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('folder' as const), place }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('file' as const),
      place,
      text: fc.constantFrom(
        '',
        'XDG_DOWNLOAD_DIR="$HOME/"',
        'XDG_DOWNLOAD_DIR="$HOME/.ssh"',
        'XDG_DOWNLOAD_DIR="/"',
        'XDG_DOWNLOAD_DIR="$HOME/Music/../.ssh"',
        '{"app":"../../.ssh"}',
      ),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('link' as const), place, target: anywhere }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fifo' as const), place }) },
);
const world = fc.record({
  things: fc.array(thing, { maxLength: 12 }),
  shares: fc.array(fc.tuple(fc.oneof(anywhere, place), fc.boolean()), { maxLength: 2 }),
  documents: fc.array(anywhere, { maxLength: 2 }),
  started: fc.option(anywhere, { nil: undefined }),
  kept: fc.boolean(),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** Homes whose sandboxes bubblewrap would not make: a symlink that was to stand where the way to something mounted is. */
const found: readonly World[] = [
  {
    things: [{ kind: 'link', place: '.local', target: 'Music' }],
    ...{ shares: [], documents: [], started: `${home}/.local`, kept: false },
  },
  {
    things: [
      { kind: 'folder', place: '.local/share/ringfence' },
      { kind: 'link', place: '.local/share/ringfence/homes', target: `${home}/Music` },
    ],
    ...{ shares: [], documents: [], started: '.local/share/ringfence/homes', kept: false },
  },
];

function make({ things }: World): void {
  execFileSync('rm', ['-rf', root]);
  for (const path of [home, folder]) mkdirSync(path, { recursive: true });
  for (const one of things) {
    const path = join(home, one.place);
    try {
      mkdirSync(dirname(path), { recursive: true });
      if (one.kind === 'folder') mkdirSync(path, { recursive: true });
      else if (one.kind === 'file') writeFileSync(path, one.text, { flag: 'wx' });
      else if (one.kind === 'link') symlinkSync(one.target, path);
      else execFileSync('mkfifo', [path], { stdio: 'ignore' });
    } catch {
      // Two things in one place: the first stays.
    }
  }
  for (const name of ['secret', '.ssh/secret', 'Music/secret']) {
    try {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), `secret of ${name}`, { flag: 'wx' });
    } catch {
      // The folder is something else.
    }
  }
}

const named = (text: string) => (text.startsWith('/') ? text : join(home, text));

function letInFor({ shares, documents, started, kept }: World): LetIn {
  const origin = { kind: 'built-in' } as const;
  const words = shares.map(([path, writable]) => ({ value: `${named(path)}${writable ? '' : ':ro'}`, origin }));
  const choices = resolveChoices([
    { switches: new Map([['home', { value: kept, origin }]]), lists: new Map([['shared-folders', words]]) },
  ]);
  return letIn(
    'app',
    { sandbox: choices } as Decision,
    {
      ...{ app: 'app', counts: true, name: 'App', passing: 'passing.1', readOnly: false },
      documents: documents.map(named),
      folder: started === undefined ? undefined : named(started),
      session: new Map([
        ['HOME', home],
        ['XDG_RUNTIME_DIR', folder],
      ]),
    },
    {
      homes,
      programFolders: ['/srv/ringfence/dist'],
      sight: { ...paths, mountinfo: () => readFileSync('/proc/self/mountinfo', 'utf8') },
    },
  );
}

/** Undefined for a plan that is refused. */
function letsOf(one: World): LetIn | undefined {
  try {
    return letInFor(one);
  } catch (error) {
    if (!isRingfenceError(error)) throw error;
    return undefined;
  }
}

/** What may be mounted of the home: by what was asked for alone, whatever `letIn` says. */
function allowed({ shares, documents, started }: World, lets: LetIn): string[] {
  const real = (path: string): string[] => {
    try {
      return [realpathSync(path)];
    } catch {
      return [];
    }
  };
  const asked = [...shares.map(([path]) => path), ...documents, ...(started === undefined ? [] : [started])];
  const look = ['.local/share/fonts', '.fonts', '.local/share/icons', '.icons', '.local/share/themes', '.themes'];
  const settings = [
    '.config/gtk-3.0/settings.ini',
    '.config/gtk-3.0/gtk.css',
    '.config/fontconfig',
    '.local/share/mime',
  ];
  return [
    ...asked.flatMap((path) => real(named(path))),
    ...[...look, ...settings].flatMap((name) => [join(home, name), ...real(join(home, name))]),
    ...(lets.own.kept ? real(join(home, '.local/share/ringfence/homes/app')) : []),
    join(home, 'Downloads/App'),
    ...(lets.downloads === undefined ? [] : [lets.downloads]),
  ];
}

describe('homes that nobody would have', () => {
  beforeAll(() => mkdirSync(root, { recursive: true }));
  afterAll(() => execFileSync('rm', ['-rf', root]));

  it(`mount nothing that the settings do not name (${runs} homes)`, { timeout: 3_600_000 }, () => {
    let count = 0;
    let refused = 0;
    fc.assert(
      fc.property(world, (one) => {
        make(one);
        // Refused for a folder of the settings, the home is tried again without it.
        const wanted = [one, { ...one, shares: [] }].find((each) => letsOf(each) !== undefined);
        if (wanted !== one) refused += 1;
        const lets = wanted && letsOf(wanted);
        if (wanted === undefined || lets === undefined) return;
        const may = allowed(wanted, lets);
        const host = {
          ...lets,
          folder,
          hasA11y: false,
          hasPressure: false,
          hasDoor: false,
          gpuDevices: [],
          cgroup: '/',
          system: paths.system(systemPaths),
        };
        const plan = planSandbox(lets.settings, host).filter(
          (op) => !('target' in op && op.target === '/sys/fs/cgroup'),
        );
        for (const op of plan) {
          if (op.op !== 'bind' && op.op !== 'ro-bind') continue;
          if (!op.source.startsWith(`${home}/`) && op.source !== home) continue;
          expect(may).toContain(op.source);
          expect(op.source).not.toBe(home);
          if (op.op === 'bind' && op.source !== lets.own.path) expect(op.source.slice(home.length)).not.toMatch(/\/\./);
        }
        look(wanted, lets, plan, may);
        count += 1;
      }),
      { numRuns: runs, endOnFailure: true, examples: found.map((one) => [one]) },
    );
    expect(count).toBeGreaterThan(runs / 2);
    expect(refused).toBeGreaterThan(runs / 50);
    console.log(`${count} sandboxes judged, ${refused} plans refused`);
  });

  /** Makes the sandbox, and looks from inside. */
  function look(one: World, lets: LetIn, plan: ReturnType<typeof planSandbox>, may: readonly string[]): void {
    writeFileSync(join(folder, 'passwd'), 'root:x:0:0::/:/bin/sh\n');
    writeFileSync(join(folder, 'bus'), '');
    writeFileSync(join(folder, 'setup'), setupScript(lets.look, lets.own.path, lets.downloads));
    const argv = renderBwrapArgs(plan.filter(({ op }) => op !== 'seccomp' && op !== 'sync'));
    const script = `cat /proc/self/mountinfo; echo ==; . /run/ringfence/setup; echo == $?; find "${home}" -name secret -exec cat {} \\; 2>/dev/null; cat /proc/self/root${home}/secret ${home}/.ssh/secret 2>/dev/null`;
    const { status, stdout, stderr } = spawnSync('/usr/bin/bwrap', [...argv, '--', '/bin/sh', '-c', script], {
      encoding: 'utf8',
      env: {},
    });
    expect([stderr, stdout.split('==').length]).toEqual(['', 3]);
    expect([0, 1]).toContain(status);
    const [mounts = '', , seen = ''] = stdout.split('==');
    const outside = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
    const around = outside.filter(({ path }) => `${home}/`.startsWith(`${path === '/' ? '' : path}/`)).at(-1);
    for (const { path, device, root: inFile } of parseMountinfo(mounts)) {
      if (device !== around?.device || around === undefined) continue;
      const source = join(around.path, inFile.slice(around.root === '/' ? 0 : around.root.length));
      if (source.startsWith(folder) || (!source.startsWith(`${home}/`) && source !== home)) continue;
      expect([path, may]).toEqual([path, expect.arrayContaining([source])]);
    }
    for (const name of ['secret', '.ssh/secret', 'Music/secret']) {
      const isNamed = may.some((path) => `${realOr(join(home, name))}/`.startsWith(`${path}/`));
      if (!isNamed)
        expect([JSON.stringify(one), seen.includes(`secret of ${name}`)]).toEqual([JSON.stringify(one), false]);
    }
  }
});

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
