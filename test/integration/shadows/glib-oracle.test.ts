import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandExec } from '../../../src/domain/desktop-entry/exec-line.ts';
import { fileOfUri } from '../../../src/domain/desktop-entry/file-uri.ts';
import { localeVariants } from '../../../src/domain/desktop-entry/locale.ts';
import { mainGroup, parseDesktopEntry } from '../../../src/domain/desktop-entry/parse.ts';
import { isForDesktop } from '../../../src/domain/desktop-entry/should-show.ts';
import { parseDesktopId } from '../../../src/domain/desktop-id.ts';
import { isRingfenceError } from '../../../src/domain/errors.ts';
import { readHostFacts } from '../../../src/launch/io/host-facts.ts';
import { knownTerminals, resolveApp } from '../../../src/launch/pure/resolve-app.ts';
import { askGlib } from '../../fixtures/ask-glib.ts';

const fixtures = join(import.meta.dirname, '../../fixtures');
const minimumEntries = 80;
const locales = ['de_DE.UTF-8', 'fr', 'pt_BR', 'sr_RS@latin', 'zh_TW'];

const uriSets: Readonly<Record<string, readonly string[]>> = {
  'no file': [],
  'one file': ['file:///srv/a%20b%2Cc%27%22%C3%A9%25.txt'],
  'two files': ['file:///srv/one.txt', 'file://localhost/srv//x/../two%20.txt'],
  'a fragment': ['file:///srv/page.html#part'],
  'one web address': ['https://example.org/a?b=c&d=%20e'],
  'a file and a web address': ['file:///srv/one.txt', 'https://example.org/'],
};

interface Deliberate {
  readonly reason: string;
  /** Whether it is about an Exec line. */
  applies(exec: string): boolean;
  /** A line of which GLib makes what ours makes of the one that it is about; undefined where there is none. */
  instead(exec: string): string | undefined;
}

/** Where ours is meant to differ from GLib, why, and what ours gives. */
const deliberate: readonly Deliberate[] = [
  {
    reason: '%d %D %n %N are deprecated and dropped, as the specification says; GLib still fills them in',
    applies: (exec) => /%[dDnN]/.test(exec),
    instead: (exec) => exec.replace(/ ?%[dDnN]/g, ''),
  },
  {
    reason: 'a field code inside quotes gives the text itself; GLib pastes a shell-quoted word between the quotes',
    applies: (exec) => /["'][^"']*%[fFuUick][^"']*["']/.test(exec),
    instead: () => undefined,
  },
  {
    reason: 'files go behind an Exec line that ends in a comment; GLib adds them to the comment and loses them',
    applies: (exec) => / #[^'"]*$/.test(exec),
    instead: (exec) => exec.replace(/ #[^'"]*$/, ''),
  },
  {
    reason: 'text right behind %F stays with the last file that there is; GLib parts it when a later file is dropped',
    applies: (exec) => /%F[^\s%]/.test(exec),
    instead: () => undefined,
  },
];

/** Exec values that no real application may have, each in an entry of its own with Name, Name[de] and Icon. */
const crafted: readonly string[] = [
  'probe',
  '  probe   a\tb ',
  'probe "a b" "" x"y z"w',
  'probe "\\"q\\" \\`b\\` \\$d \\\\ \\n"',
  'probe \'single "q" \\n\' a\\ b \\# \\%% \\',
  'probe \'single "q" \\n\' a\\ b',
  'probe a#b #c d',
  'probe "unclosed',
  '# only a comment',
  'probe %% %%f 100%%',
  'probe %',
  'probe --url=%u --last',
  'probe %f %f',
  'probe %F %U',
  'probe --files=%F;',
  'probe %i %c %k',
  'probe --icon=%i --name=%c --file=%k',
  'probe %m %v %x',
  'probe --x=%f%u',
  'probe %U --after %c',
  'probe "%%" "100%%s"',
  'env A=b probe %u',
  '"probe two" %f',
  'probe %d %D %n %N',
  'probe "%f"',
  "sh -c 'exec probe %u'",
];

let root = '';
let entries: string[] = [];
let craftedEntries: string[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-oracle-'));
  for (const folder of ['bin', 'applications', 'records', 'home']) mkdirSync(join(root, folder));
  const recorder = join(root, 'recorder');
  // The temporary name lets a reader tell a finished record.
  writeFileSync(
    recorder,
    `#!/bin/sh\nr=${root}/records/$$\nprintf '%s\\0' "$@" >"$r.tmp"\nexec /bin/mv "$r.tmp" "$r"\n`,
  );
  chmodSync(recorder, 0o755);
  makeProgram(join(root, 'bin/gnome-terminal'));
  const source = join(fetchEntries(), 'applications');
  entries = readdirSync(source).map((name) => copyEntry(join(source, name), join(root, 'applications', name)));
  craftedEntries = crafted.map((exec, at) => {
    const path = join(root, `crafted-${at}.desktop`);
    const document = parseDesktopEntry(
      '[Desktop Entry]\nType=Application\nName=Probe\nName[de]=Sonde $x\nIcon=probe.png\n',
    );
    document.set(mainGroup, 'Exec', exec);
    writeFileSync(path, document.render());
    return path;
  });
  for (const program of ['probe', 'probe two', 'sh', 'env']) makeProgram(join(root, 'bin', program));
}, 300_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The cached entries (RINGFENCE_TEST_CACHE names another place); fetched with apt the first time. */
function fetchEntries(): string {
  const shared = '/var/cache/ringfence-test';
  const own = process.getuid?.() === 0 || existsSync(shared) ? shared : join(tmpdir(), 'ringfence-test');
  const folder = join(process.env['RINGFENCE_TEST_CACHE'] ?? own, 'desktop-entries');
  return execFileSync('sh', [join(fixtures, 'fetch-desktop-entries.sh'), folder], { encoding: 'utf8' }).trim();
}

/** Copies an entry, moving absolute programs below our root, and makes every program it names exist there. */
function copyEntry(from: string, to: string): string {
  const text = readFileSync(from, 'latin1').replace(/^((?:Try)?Exec\s*=\s*"?)\//gm, `$1${root}/root/`);
  writeFileSync(to, text, 'latin1');
  const document = parseDesktopEntry(Buffer.from(text, 'latin1'));
  for (const group of document.groups()) {
    const exec = document.get(group, 'Exec');
    const word = exec === undefined ? undefined : expandExec(exec, { uris: [] })[0]?.[0];
    for (const program of [word, document.get(group, 'TryExec')]) {
      if (program) makeProgram(program.startsWith('/') ? program : join(root, 'bin', program));
    }
  }
  return to;
}

function makeProgram(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
}

function environment(): Record<string, string> {
  return {
    PATH: join(root, 'bin'),
    HOME: join(root, 'home'),
    LANG: 'C.UTF-8',
    LANGUAGE: 'de',
    GIO_LAUNCH_DESKTOP: join(root, 'recorder'),
  };
}

interface LaunchCase {
  readonly path: string;
  readonly action: string | null;
  readonly uris: readonly string[];
  readonly label: string;
}

function launchOurs({ path, action, uris }: LaunchCase): string[][] | null {
  try {
    const entry = { path, bytes: readFileSync(path) };
    const request = { id: parseDesktopId('probe'), action: action ?? undefined, uris };
    const argvs = resolveApp(request, entry, readHostFacts(environment())).argvs.map((argv) => [...argv]);
    return argvs;
  } catch (error) {
    if (isRingfenceError(error)) return null;
    throw error;
  }
}

describe('argument lists', () => {
  it('of real applications are those that GLib runs, but for the differences listed', { timeout: 300_000 }, () => {
    expect(entries.length).toBeGreaterThanOrEqual(minimumEntries);
    const { launched, different } = compare(entries);
    console.info(`${entries.length} real entries: ${launched} launches by GLib, deliberate differences:`, different);
    expect(launched).toBeGreaterThan(minimumEntries * Object.keys(uriSets).length);
  });

  it('of crafted entries are those that GLib runs, and every listed difference is seen', () => {
    const { different } = compare(craftedEntries);
    expect([...different.keys()].sort()).toEqual(deliberate.map((rule) => rule.reason).sort());
  });
});

it('the files that URIs are about are those of GLib', () => {
  const hosts = ['', '//', '//localhost', '//HOST', '//a.b-c9.', '//9', '//-a', '//a_b', '//a:1', '//u@a'];
  const paths = ['/a', '//a/./b/../c/', '/a%20%C3%A9', '/a%2Fb', '/a%00', '/a%', '/a%3Fb', '/a#b', '/a?b', '/a?b#c'];
  const uris = [
    ...hosts.flatMap((host) => paths.map((path) => `file:${host}${path}`)),
    'file:a',
    'FILE:/a',
    'file://a?b/c',
  ];
  const glib = askGlib<{ minor: number; paths: (string | null)[] }>({ mode: 'uris', uris });
  // Before 2.84 a query is part of the name, on purpose not so here.
  const compared = uris.map((uri, at) => ({ uri, at })).filter(({ uri }) => glib.minor >= 84 || !uri.includes('?'));
  expect(compared.length).toBeGreaterThan(80);
  const named = (path: (uri: string, at: number) => string | null) =>
    compared.map(({ uri, at }) => `${uri} names ${path(uri, at)}`);
  expect(named((uri) => fileOfUri(uri)?.path ?? null)).toEqual(named((_, at) => glib.paths[at] ?? null));
});

function compare(paths: readonly string[]): { launched: number; different: Map<string, number> } {
  const cases = paths.flatMap(launchCases);
  const theirs = askLaunches(cases);
  const unexplained: string[] = [];
  const different = new Map<string, number>();
  const excused: { readonly item: LaunchCase; readonly ours: string[][] | null; readonly exec: string }[] = [];
  const alternatives: LaunchCase[] = [];
  const tell = (item: LaunchCase, exec: string, ours: unknown, glib: unknown) =>
    unexplained.push(
      `${item.path} (Exec=${exec}), ${item.label}: ours ${JSON.stringify(ours)}, GLib ${JSON.stringify(glib)}`,
    );
  cases.forEach((item, at) => {
    const document = parseDesktopEntry(readFileSync(item.path));
    const terminal = document.getBoolean(mainGroup, 'Terminal');
    const ours = terminal ? withoutTerminal(launchOurs(item)) : launchOurs(item);
    const glib = terminal ? withoutTerminal(theirs[at] ?? null) : theirs[at];
    if (JSON.stringify(ours) === JSON.stringify(glib)) return;
    const group = item.action === null ? mainGroup : `Desktop Action ${item.action}`;
    const exec = document.get(group, 'Exec') ?? '';
    const known = deliberate.find((rule) => rule.applies(exec));
    if (known === undefined) {
      tell(item, exec, ours, glib);
      return;
    }
    different.set(known.reason, (different.get(known.reason) ?? 0) + 1);
    const instead = known.instead(exec);
    if (instead === undefined) {
      const expected = expectations[exec]?.[item.label];
      if (JSON.stringify(ours) !== JSON.stringify(expected)) tell(item, exec, ours, glib);
      return;
    }
    // Excused, not believed: GLib is asked what ours has to be.
    const path = join(root, `instead-${alternatives.length}.desktop`);
    document.set(group, 'Exec', instead);
    writeFileSync(path, document.render());
    alternatives.push({ ...item, path });
    excused.push({ item, ours: terminal ? null : ours, exec });
  });
  askLaunches(alternatives).forEach((glib, at) => {
    const one = excused[at];
    if (one !== undefined && JSON.stringify(one.ours) !== JSON.stringify(glib))
      tell(one.item, one.exec, one.ours, glib);
  });
  expect(unexplained).toEqual([]);
  return { launched: theirs.filter((answer) => answer !== null).length, different };
}

const askLaunches = (cases: readonly LaunchCase[]): (string[][] | null)[] =>
  cases.length === 0 ? [] : askGlib({ mode: 'launch', records: join(root, 'records'), cases }, environment());

const odd = '/srv/a b,c\'"é%.txt';
/** What the crafted lines that GLib has no other spelling for have to give: Exec, set of files, argument lists. */
const expectations: Readonly<Record<string, Readonly<Record<string, string[][]>>>> = {
  'probe --files=%F;': { 'a file and a web address': [['probe', '--files=/srv/one.txt;']] },
  'probe "%f"': {
    'one file': [['probe', odd]],
    'two files': [
      ['probe', '/srv/one.txt'],
      ['probe', '/srv/two .txt'],
    ],
    'a fragment': [['probe', '/srv/page.html']],
    'a file and a web address': [
      ['probe', '/srv/one.txt'],
      ['probe', ''],
    ],
  },
  "sh -c 'exec probe %u'": {
    'one file': [['sh', '-c', `exec probe ${odd}`]],
    'two files': [
      ['sh', '-c', 'exec probe /srv/one.txt'],
      ['sh', '-c', 'exec probe /srv/two .txt'],
    ],
  },
};

/** An entry with every set of files, and each of its actions. */
function launchCases(path: string): LaunchCase[] {
  const document = parseDesktopEntry(readFileSync(path));
  const actions = document
    .getList(mainGroup, 'Actions')
    .filter((id) => document.get(`Desktop Action ${id}`, 'Exec') !== undefined);
  return [
    ...Object.entries(uriSets).map(([label, uris]) => ({ path, action: null, uris, label })),
    ...actions.map((action) => ({ path, action, uris: [], label: `action ${action}` })),
  ];
}

/** GLib's list of terminals grows with its releases: any of ours, with its argument, will do. */
function withoutTerminal(argvs: string[][] | null): string[][] | null {
  return (argvs ?? []).map(([program = '', option = '', ...argv]) => {
    expect(knownTerminals).toContainEqual([basename(program), option]);
    return argv;
  });
}

interface GlibEntry {
  readonly names: (string | null)[];
  readonly actions: string[];
  readonly actionNames: string[];
  readonly mimeTypes: string[];
  readonly keywords: string[];
  readonly [key: string]: unknown;
}

describe('what real applications say of themselves', () => {
  it('reads as in GLib: names in five locales, actions, types, keywords, visibility', () => {
    const theirs = askGlib<(GlibEntry | null)[]>({ mode: 'entries', paths: entries, locales }, environment());
    let compared = 0;
    entries.forEach((path, at) => {
      const glib = theirs[at];
      if (!glib) return;
      compared++;
      expect(describeOurs(path), path).toEqual(glib);
    });
    expect(compared).toBeGreaterThanOrEqual(minimumEntries);
  });

  it('survives reading and writing byte for byte', () => {
    for (const path of entries) {
      const bytes = readFileSync(path);
      expect(parseDesktopEntry(bytes).render().equals(bytes), path).toBe(true);
    }
  });
});

function describeOurs(path: string): GlibEntry {
  const document = parseDesktopEntry(readFileSync(path), path);
  const user = localeVariants('de');
  const actions = document.getList(mainGroup, 'Actions');
  const keywords = document.getLocalized(mainGroup, 'Keywords', user);
  return {
    names: locales.map((locale) => document.getLocalized(mainGroup, 'Name', localeVariants(locale)) ?? null),
    actions,
    actionNames: actions.map((action) => document.getLocalized(`Desktop Action ${action}`, 'Name', user) ?? ''),
    mimeTypes: document.getList(mainGroup, 'MimeType'),
    keywords: keywords ? keywords.replace(/;$/, '').split(';') : [],
    nodisplay: document.getBoolean(mainGroup, 'NoDisplay'),
    hidden: document.getBoolean(mainGroup, 'Hidden'),
    gnome: isForDesktop(document, ['GNOME']),
    kde: isForDesktop(document, ['KDE']),
    wmClass: document.get(mainGroup, 'StartupWMClass') ?? null,
    exec: document.get(mainGroup, 'Exec') ?? null,
    terminal: document.getBoolean(mainGroup, 'Terminal'),
    name: document.getLocalized(mainGroup, 'Name', user) ?? null,
  };
}
