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
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DesiredFile, Notes } from '../../../../src/platform/owned-files/model.ts';
import { openOwnedFiles } from '../../../../src/platform/owned-files/owned-files.ts';

let root: string;
let saved: Notes[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringfence-owned-'));
  saved = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);

function text(name: string, content: string, more: Partial<DesiredFile> = {}): DesiredFile {
  const bytes = () => Buffer.from(content);
  const contents = { type: 'file', mode: 0o755, modeCounts: true, bytes } as const;
  return { path: at(name), group: 'one', kind: 'file', contents, ...more };
}

const none: Notes = { folders: [], files: {} };

/** Plans and carries out; the notes are what was saved last. */
async function bring(desired: readonly DesiredFile[], before: Notes = saved.at(-1) ?? none) {
  const files = openOwnedFiles({ staging: at('staging'), durable: true });
  const plan = files.plan(desired, before.files);
  const outcome = await files.carryOut(plan, before, { save: (notes) => void saved.push(notes) });
  return { plan, ...outcome };
}

describe('carryOut', () => {
  it('writes files and links, knows them again, and takes them away with their folders', async () => {
    const link: DesiredFile = { ...text('link', ''), contents: { type: 'link', target: 'bin/program' } };
    const desired = [text('bin/deep/program', 'text'), link];
    await bring(desired);
    expect(readlinkSync(at('link'))).toBe('bin/program');
    expect(lstatSync(at('bin/deep/program')).mode & 0o777).toBe(0o755);
    expect(existsSync(at('staging'))).toBe(false);
    expect(saved[0]).toMatchObject({ folders: [at('bin'), at('bin/deep')] });
    expect((await bring(desired)).plan).toMatchObject({ steps: [], conflicts: [], unchanged: 2 });
    await bring([]);
    expect([existsSync(at('bin')), existsSync(at('link'))]).toEqual([false, false]);
    expect(saved.at(-1)).toEqual(none);
  });

  it('notes what may be there before anything is, and nothing else afterwards', async () => {
    await bring([text('a', 'one')]);
    const first = saved.at(-1)?.files[at('a')];
    await bring([text('a', 'two')]);
    expect(saved[2]?.files[at('a')]).toMatchObject({ was: first?.is });
    expect(saved[3]?.files[at('a')]?.was).toBeUndefined();
  });

  it('takes everything of a group back when one of its steps fails, and goes on with the other groups', async () => {
    await bring([text('old', 'old'), text('gone', 'gone')]);
    const before = saved.at(-1);
    writeFileSync(at('own'), 'own', { mode: 0o640 });
    const facts = () =>
      ['old', 'gone', 'own'].map((name) => [name, lstatSync(at(name)).ino, readFileSync(at(name), 'utf8')]);
    const was = facts();
    // Planned for a place that is missing; by then there is a folder, which no file can replace.
    const files = openOwnedFiles({ staging: at('staging'), durable: true });
    const plan = files.plan(
      [
        text('old', 'new'),
        text('deep/er/new', 'new'),
        text('own', 'ours', { aside: at('aside/own') }),
        text('folder', 'text'),
        text('other', 'other', { group: 'two' }),
      ],
      before?.files ?? {},
    );
    mkdirSync(at('folder'));
    let staged: string[] = [];
    const save = (notes: Notes) => {
      saved.push(notes);
      staged = existsSync(at('staging')) ? readdirSync(at('staging')) : [];
    };
    const { done, failed } = await files.carryOut(plan, before ?? none, { save });
    expect(failed).toMatchObject([{ group: 'one', restored: true, path: at('folder') }]);
    // The room that they took is free for the next group.
    expect(staged).toEqual([]);
    expect(done).toMatchObject([{ path: at('other') }]);
    expect(facts()).toEqual(was);
    for (const name of ['deep', 'aside/own', 'staging']) expect(existsSync(at(name))).toBe(false);
    const after = saved.at(-1)?.files ?? {};
    expect({ ...after, [at('other')]: undefined }).toEqual({ ...before?.files, [at('other')]: undefined });
    expect(Object.keys(after)).toContain(at('other'));
  });

  it('puts ours back too when what comes after the user’s own file fails', async () => {
    writeFileSync(at('place'), 'own');
    await bring([text('place', 'ours', { aside: at('kept/place') }), text('sub/file', 'x')]);
    expect(readFileSync(at('place'), 'utf8')).toBe('ours');
    const files = openOwnedFiles({ staging: at('staging'), durable: true });
    const before = saved.at(-1) ?? none;
    const plan = files.plan([text('late/file', 'y')], before.files);
    // Writing goes first, then sub/file is to go, then the place: but not from a folder that may not be written to.
    expect(plan.steps.map(({ action }) => action)).toEqual(['write', 'remove', 'put-back']);
    rmSync(at('kept/place'));
    const { failed } = await files.carryOut(plan, before, { save: (notes) => void saved.push(notes) });
    expect(failed).toMatchObject([{ restored: true, path: at('place') }]);
    expect([readFileSync(at('place'), 'utf8'), readFileSync(at('sub/file'), 'utf8')]).toEqual(['ours', 'x']);
    expect(existsSync(at('late'))).toBe(false);
    expect(saved.at(-1)?.files).toEqual(before.files);
  });

  it('takes a place again that had been given back when a later one cannot be', async () => {
    for (const name of ['first', 'second']) writeFileSync(at(name), `own ${name}`);
    await bring(['first', 'second'].map((name) => text(name, `ours ${name}`, { aside: at(`kept/${name}`) })));
    const before = saved.at(-1) ?? none;
    const files = openOwnedFiles({ staging: at('staging'), durable: true });
    const plan = files.plan([], before.files);
    expect(plan.steps.map(({ path }) => path)).toEqual([at('second'), at('first')]);
    const first = readFileSync(at('kept/first'));
    rmSync(at('kept/first'));
    await files.carryOut(plan, before, { save: (notes) => void saved.push(notes) });
    expect(['first', 'second'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['ours first', 'ours second']);
    expect(readFileSync(at('kept/second'), 'utf8')).toBe('own second');
    writeFileSync(at('kept/first'), first);
    await bring([]);
    expect(['first', 'second'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['own first', 'own second']);
  });

  it('changes nothing when the notes cannot be written before', async () => {
    const files = openOwnedFiles({ staging: at('staging'), durable: true });
    const save = () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    await expect(files.carryOut(files.plan([text('deep/a', 'x')], {}), none, { save })).rejects.toThrow('full');
    expect(existsSync(at('deep'))).toBe(false);
  });

  it('takes files away though the notes cannot be written before', async () => {
    await bring([text('a', 'x'), text('b', 'x')]);
    const before = saved.at(-1) ?? none;
    const files = openOwnedFiles({ staging: at('staging'), durable: true });
    let count = 0;
    const save = () => {
      if (count++ === 0) throw new Error('full');
    };
    await files.carryOut(files.plan([], before.files), before, { save });
    expect([existsSync(at('a')), existsSync(at('b'))]).toEqual([false, false]);
  });

  it('keeps folders that the owner uses by itself as long as anything is owned', async () => {
    const alsoUsed = [at('state/app/file')];
    const run = async (desired: readonly DesiredFile[]) => {
      const files = openOwnedFiles({ staging: at('staging'), durable: true });
      const before = saved.at(-1) ?? none;
      const plan = files.plan(desired, before.files);
      await files.carryOut(plan, before, { save: (notes) => void saved.push(notes), alsoUsed });
    };
    await run([text('a', 'x')]);
    mkdirSync(at('state/app'), { recursive: true });
    await run([text('a', 'y')]);
    expect(saved.at(-1)?.folders).toEqual([at('state'), at('state/app')]);
    await run([]);
    expect(existsSync(at('state'))).toBe(false);
  });

  it('never removes a folder that the user has put something into', async () => {
    await bring([text('a/b', 'x')]);
    writeFileSync(at('a/mine'), '');
    await bring([]);
    expect(existsSync(at('a/mine'))).toBe(true);
    expect(saved.at(-1)).toEqual(none);
  });
});

describe('what was in a place', () => {
  it('comes back with its mode, times and type', async () => {
    writeFileSync(at('own'), 'own');
    chmodSync(at('own'), 0o4710);
    symlinkSync('own', at('link'));
    const facts = () =>
      ['own', 'link'].map((name) => lstatSync(at(name))).map(({ ino, mode, mtimeMs }) => [ino, mode, mtimeMs]);
    const before = facts();
    await bring(['own', 'link'].map((name) => text(name, 'ours', { aside: at(`aside/${name}`), group: name })));
    expect(readFileSync(at('link'), 'utf8')).toBe('ours');
    await bring([]);
    expect(facts()).toEqual(before);
  });
});

describe('diff', () => {
  it('shows what a step would do', () => {
    writeFileSync(at('a'), 'old\n');
    const files = openOwnedFiles({ staging: at('staging'), durable: true });
    const { steps } = files.plan([text('a', 'new\n', { aside: at('aside') }), text('b', 'b\n')], {});
    expect(steps.map((step) => files.diff(step))).toEqual([
      `--- ${at('a')}\n+++ ${at('a')}\n@@ -1 +1 @@\n-old\n+new\n`,
      `--- /dev/null\n+++ ${at('b')}\n@@ -0,0 +1 @@\n+b\n`,
    ]);
  });
});
