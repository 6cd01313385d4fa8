import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredFile, Notes } from '../../../../src/platform/owned-files/model.ts';
import { openNotesFile } from '../../../../src/platform/owned-files/notes-file.ts';
import { openOwnedFiles } from '../../../../src/platform/owned-files/owned-files.ts';
import { dieBeforeChange } from '../../../fixtures/death-at-call.ts';

/** Places of each sort. Those of one letter are one group; "kept" gives way and comes back, "first" stays with its owner. */
const places = ['a/kept', 'a/kept-too', 'a/first', 'b/kept', 'b/first', 'b/link', 'c/deep/er/kept'] as const;
type Place = (typeof places)[number];

/** What somebody does, in the order they do it. */
type Deed =
  /** Has these places filled with the contents of this number; dies before the so-manieth change, if at all. */
  | { readonly does: 'bring'; readonly wanted: readonly Place[]; readonly edition: number; readonly dies: number }
  /** A user: writes anew, into the same file, away, or only looks at permissions. */
  | { readonly does: 'write' | 'append' | 'remove' | 'chmod' | 'link'; readonly place: Place };

const deeds = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constant('bring' as const),
        wanted: fc.subarray([...places]),
        edition: fc.nat(3),
        dies: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 70 })),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constantFrom(
          'write' as const,
          'append' as const,
          'remove' as const,
          'chmod' as const,
          'link' as const,
        ),
        place: fc.constantFrom(...places),
      }),
    },
  ),
  { minLength: 1, maxLength: 8 },
);

const bringKept: Deed = { does: 'bring', wanted: ['a/kept'], edition: 0, dies: Number.POSITIVE_INFINITY };
const bringFirst: Deed = { ...bringKept, wanted: ['b/first'] };
const undoAll: Deed = { ...bringKept, wanted: [] };
/** What is rarely met by chance: ours is removed, edited or not, and wanted again; one that was let go of is removed. */
const examples: [Place[], Deed[], boolean][] = [
  [['a/kept'], [bringKept, { does: 'remove', place: 'a/kept' }, bringKept], true],
  [['a/kept'], [bringKept, { does: 'append', place: 'a/kept' }, { does: 'remove', place: 'a/kept' }, bringKept], true],
  [[], [bringFirst, { does: 'chmod', place: 'b/first' }, undoAll, { does: 'remove', place: 'b/first' }], true],
];

describe('whatever is written, edited and killed in whatever order', () => {
  it('undo restores what was there to the byte, and leaves what the user changed since', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...places]), deeds, fc.boolean(), async (there, todo, durable) => {
        const world = new World(there, durable);
        try {
          for (const deed of todo) await world.do(deed);
          await world.undo();
          world.check();
        } finally {
          world.remove();
        }
      }),
      { numRuns: Number(process.env['RINGFENCE_TEST_RUNS'] ?? 100), examples },
    );
  }, 120_000);
});

class World {
  readonly root = mkdtempSync(join(tmpdir(), 'ringfence-undo-'));
  /** What each place may look like in the end. */
  private readonly expected = new Map<Place, Set<string>>();
  /** What it ever was of the user's. */
  private readonly history = new Map<Place, Set<string>>();
  private count = 0;

  private readonly durable: boolean;

  constructor(there: readonly Place[], durable: boolean) {
    this.durable = durable;
    for (const place of there) {
      this.userWrites(place);
      const seconds = 1_000_000_000 + this.count;
      if (!lstatSync(this.at(place)).isSymbolicLink()) utimesSync(this.at(place), seconds, seconds);
    }
    for (const place of places) this.expect(place, this.describe(place));
  }

  async do(deed: Deed): Promise<void> {
    if (deed.does === 'bring') {
      await dieBeforeChange(deed.dies, () => this.bring(deed.wanted, deed.edition));
      this.noteWhatWasLeft();
      return;
    }
    const { place } = deed;
    const path = this.at(place);
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    const original = [...(this.expected.get(place) ?? [])];
    const everBefore = this.history.get(place) ?? new Set();
    if (deed.does === 'write') this.userWrites(place);
    else if (deed.does === 'link') {
      this.userClears(place);
      symlinkSync(`../target-${this.count++}`, path);
    } else if (!isThere || (lstatSync(path).isSymbolicLink() && deed.does !== 'remove')) return;
    else if (deed.does === 'append') writeFileSync(path, `more ${this.count++}`, { flag: 'a' });
    else if (deed.does === 'chmod') chmodSync(path, 0o600 + (this.count++ % 8));
    else {
      const kept = this.keptFor(place);
      rmSync(path);
      // What is kept is never lost. Where a death leaves open what stood there, it may have been the user's own.
      if (kept !== undefined) this.expect(place, kept);
      else this.expect(place, 'missing', ...everBefore);
      return;
    }
    // Other permission bits alone are no edit where they do not count, but then the file may go.
    const now = this.describe(place);
    this.expect(place, now, ...(deed.does === 'chmod' ? original : []));
  }

  /** A link that leads nowhere is in the way: what was there before is kept until the user has taken it away. */
  async undo(): Promise<void> {
    const undo: Deed = { does: 'bring', wanted: [], edition: 0, dies: Number.POSITIVE_INFINITY };
    await this.do(undo);
    if (!existsSync(this.at('notes.json'))) return;
    for (const place of places) {
      if (this.describe(place).startsWith('link ')) await this.do({ does: 'remove', place });
    }
    await this.do(undo);
  }

  check(): void {
    for (const place of places) expect([...(this.expected.get(place) ?? [])], place).toContain(this.describe(place));
    // Nothing of ours is left: folders only where there is a file, and nothing kept aside.
    const left = (readdirSync(this.root, { recursive: true }) as string[]).sort();
    const used = places.filter((place) => this.describe(place) !== 'missing');
    const rest = left.filter((name) => !used.some((place) => place === name || place.startsWith(`${name}/`)));
    const usersOwn = rest.filter((name) => this.userFolders.has(name));
    expect(rest).toEqual(usersOwn);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private readonly userFolders = new Set<string>();

  private async bring(wanted: readonly Place[], edition: number): Promise<void> {
    const files = openOwnedFiles({ staging: this.at('staging'), durable: this.durable });
    const store = openNotesFile(this.at('notes.json'), (_path, text) => JSON.parse(text) as Notes, files.disk);
    const before = store.read() ?? { folders: [], files: {} };
    files.disk.clean([]);
    const plan = files.plan(
      wanted.map((place) => this.desire(place, edition)),
      before.files,
    );
    await files.carryOut(plan, before, {
      alsoUsed: [this.at('notes.json'), this.at('aside/file')],
      save: (notes) => (Object.keys(notes.files).length > 0 ? store.write({ ...notes }) : store.remove()),
    });
    if (store.read() === undefined) rmSync(this.at('aside'), { recursive: true, force: true });
  }

  private desire(place: Place, edition: number): DesiredFile {
    const [group = ''] = place.split('/');
    const common = { path: this.at(place), group, kind: 'file' };
    if (place === 'b/link') return { ...common, contents: { type: 'link', target: `../ours-${edition}` } };
    const bytes = () => Buffer.from(`ours, edition ${edition}, of ${place}`);
    const isFirst = place.endsWith('/first');
    return {
      ...common,
      ...(isFirst ? {} : { aside: this.at(`aside/${place.replaceAll('/', '-')}`), fingerprint: `edition ${edition}` }),
      contents: { type: 'file', mode: 0o644, modeCounts: isFirst, bytes },
    };
  }

  /** A file that was changed and let go of is its user's, and so are the folders around it. */
  private noteWhatWasLeft(): void {
    const notes = this.at('notes.json');
    const owned = existsSync(notes) ? (JSON.parse(readFileSync(notes, 'utf8')) as Notes).files : {};
    for (const place of places) {
      if (this.describe(place) !== 'missing' && owned[this.at(place)] === undefined) this.ownFolders(place);
    }
  }

  private ownFolders(place: Place): void {
    for (let folder = dirname(place); folder !== '.'; folder = dirname(folder)) this.userFolders.add(folder);
  }

  private userWrites(place: Place): void {
    this.userClears(place);
    writeFileSync(this.at(place), `of the user, ${this.count++}`, { mode: 0o640 });
  }

  private userClears(place: Place): void {
    this.ownFolders(place);
    mkdirSync(dirname(this.at(place)), { recursive: true });
    rmSync(this.at(place), { force: true });
  }

  private expect(place: Place, ...looks: string[]): void {
    this.expected.set(place, new Set(looks));
    this.history.set(place, new Set([...(this.history.get(place) ?? []), ...looks]));
  }

  /** What is kept aside for a place, where the notes are certain that ours took its place. */
  private keptFor(place: Place): string | undefined {
    const aside = `aside/${place.replaceAll('/', '-')}`;
    if (!existsSync(this.at('notes.json')) || !existsSync(this.at(aside))) return undefined;
    const notes = JSON.parse(readFileSync(this.at('notes.json'), 'utf8')) as Notes;
    const owned = notes.files[this.at(place)];
    return owned?.aside === undefined || owned.stat === undefined ? undefined : this.describe(aside);
  }

  private describe(place: string): string {
    const path = this.at(place);
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return 'missing';
    if (facts.isSymbolicLink()) return `link ${readlinkSync(path)}`;
    return `${(facts.mode & 0o7777).toString(8)} ${facts.mtimeMs} ${readFileSync(path, 'utf8')}`;
  }

  private at(name: string): string {
    return join(this.root, name);
  }
}
