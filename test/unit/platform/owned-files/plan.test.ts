import { describe, expect, it } from 'vitest';
import type { OwnedFile } from '../../../../src/domain/owned-file.ts';
import type { DesiredFile, Found } from '../../../../src/platform/owned-files/model.ts';
import { planFiles, withholdSteps } from '../../../../src/platform/owned-files/plan.ts';

const path = '/home/u/.local/share/applications/app.desktop';
const aside = '/home/u/.local/share/ringfence/originals/app.desktop';
const place = { group: 'app.desktop', kind: 'entry' } as const;
const hash = (bytes: Uint8Array) => `#${Buffer.from(bytes).toString()}`;

function contents(text: string, modeCounts = false): DesiredFile['contents'] {
  return { type: 'file', mode: 0o644, modeCounts, bytes: () => Buffer.from(text) };
}

const desired = {
  ...place,
  path,
  fingerprint: 'f1',
  source: '/usr/share/applications/app.desktop',
  aside,
  contents: contents('shadow'),
};
const recorded: OwnedFile = { ...place, is: '#shadow', fingerprint: 'f1', stat: 's1', source: desired.source };
/** As an installation has them: what is not ours stays, and the mode counts. */
const { aside: _, fingerprint: __, ...bare } = desired;
const strictly: DesiredFile = { ...bare, contents: contents('new', true) };

function file(
  text: string,
  { stat = 's2', mode = 0o644, link }: { stat?: string; mode?: number; link?: string } = {},
): Found {
  return {
    state: 'file',
    stat,
    size: text.length,
    mode,
    ...(link === undefined ? {} : { link }),
    bytes: () => Buffer.from(text),
    hash: () => `#${text}`,
  };
}

function plan(input: { desired?: DesiredFile; recorded?: OwnedFile; disk: Record<string, Found>; emptied?: boolean }) {
  const { steps, conflicts, kept, unchanged } = planFiles({
    desired: input.desired === undefined ? [] : [input.desired],
    owned: input.recorded === undefined ? {} : { [path]: input.recorded },
    look: (place) => input.disk[place] ?? { state: 'missing' },
    hash,
    marked: (bytes) => Buffer.from(bytes).toString().startsWith('shadow'),
    emptied: input.emptied ?? true,
  });
  return { step: steps[0], conflict: conflicts[0], kept: kept.get(path), unchanged };
}

describe('a file that should be', () => {
  it('is written where there is nothing', () => {
    expect(plan({ desired, disk: {} }).step).toMatchObject({
      action: 'write',
      replaces: 'nothing',
      file: { is: '#shadow' },
    });
  });

  it('stays when neither it nor what it is made from has changed, without being read', () => {
    const unread: Found = { state: 'file', stat: 's1', size: 6, mode: 0o644, hash: never, bytes: never };
    expect(
      plan({
        desired: { ...desired, contents: { type: 'file', mode: 0o644, modeCounts: false, bytes: never } },
        recorded,
        disk: { [path]: unread },
      }).kept,
    ).toEqual(recorded);
  });

  it('is written anew when what it is made from has changed, and both hashes are remembered meanwhile', () => {
    const next = { ...desired, fingerprint: 'f2', contents: contents('shadow 2') };
    expect(plan({ desired: next, recorded, disk: { [path]: file('shadow') } }).step).toMatchObject({
      replaces: 'ours',
      file: { is: '#shadow 2', was: '#shadow' },
    });
  });

  it('is written anew without the old one being read, where nobody has touched that', () => {
    const next = { ...desired, fingerprint: 'f2', contents: contents('shadow 2') };
    const unread: Found = { state: 'file', stat: 's1', size: 6, mode: 0o644, hash: never, bytes: never };
    expect(plan({ desired: next, recorded, disk: { [path]: unread } }).step).toMatchObject({
      replaces: 'ours',
      file: { is: '#shadow 2', was: '#shadow' },
    });
    const same = { ...desired, fingerprint: 'f2' };
    expect(plan({ desired: same, recorded, disk: { [path]: unread } }).kept).toMatchObject({ fingerprint: 'f2' });
  });

  it('takes the place of the user’s own file, which goes aside', () => {
    expect(plan({ desired, disk: { [path]: file('own') } }).step).toMatchObject({ replaces: 'own', file: { aside } });
  });

  it('is left alone when the user edited it', () => {
    const { step, conflict } = plan({ desired, recorded, disk: { [path]: file('shadow, edited') } });
    expect(step).toBeUndefined();
    expect(conflict).toMatchObject({ cause: 'edited' });
  });

  it('is taken over when it is there already, as after the loss of the manifest', () => {
    expect(plan({ desired, disk: { [path]: file('shadow') } }).kept).toMatchObject({ is: '#shadow', stat: 's2' });
  });

  it('is written anew where somebody has removed it, and what was kept aside stays so', () => {
    const disk = { [aside]: file('own') };
    const { step } = plan({ desired, recorded: { ...recorded, aside }, disk });
    expect(step).toMatchObject({ action: 'write', replaces: 'nothing', file: { aside } });
  });

  it('is recognized by either hash after an end between the notes and the file', () => {
    const between = { ...recorded, is: '#shadow 2', was: '#shadow', stat: undefined };
    for (const text of ['shadow', 'shadow 2']) {
      const { step, kept } = plan({ desired, recorded: between, disk: { [path]: file(text) } });
      expect(step).toBeUndefined();
      expect(kept).toMatchObject({ is: `#${text}`, stat: 's2' });
    }
  });

  it('is written over what a crash of the machine has emptied', () => {
    expect(plan({ desired, recorded, disk: { [path]: file('') } }).step).toMatchObject({ action: 'write' });
  });
});

describe('a file that should be no more', () => {
  const own = { ...recorded, aside };

  it('is removed', () => {
    expect(plan({ recorded, disk: { [path]: file('shadow') } }).step).toMatchObject({ action: 'remove' });
  });

  it('gives its place back to the user’s own', () => {
    const disk = { [path]: file('shadow'), [aside]: file('own') };
    expect(plan({ recorded: own, disk }).step).toMatchObject({ action: 'put-back', from: aside });
  });

  it('gives it back even to a link that leads nowhere from where it was kept', () => {
    const disk: Record<string, Found> = {
      [path]: file('shadow'),
      [aside]: { state: 'unusable', reason: 'a link' },
    };
    expect(plan({ recorded: own, disk }).step).toMatchObject({ action: 'put-back' });
  });

  it('is forgotten when its place is somebody else’s by now', () => {
    const disk = { [path]: file('newer'), [aside]: file('own') };
    expect(plan({ recorded: own, disk }).step).toMatchObject({ action: 'forget', dropAside: aside });
  });

  it('gives back what was kept aside even when somebody has removed it', () => {
    expect(plan({ recorded: own, disk: { [aside]: file('own') } }).step).toMatchObject({ action: 'put-back' });
    expect(plan({ recorded: own, disk: {} }).step).toEqual({ path, ...place, action: 'forget', left: false });
  });

  it('stays with what was kept aside when the user edited even its mark away', () => {
    const disk = { [path]: file(`Exec=${aside}`), [aside]: file('own') };
    const { step, conflict, kept } = plan({ recorded: own, disk });
    expect(step).toBeUndefined();
    expect(conflict?.cause).toBe('edited');
    expect(kept).toEqual(own);
  });

  it('stays when the user edited it, who is told where the original is, if there is one', () => {
    const reason = (disk: Record<string, Found>) =>
      plan({ recorded: own, disk: { [path]: file('shadow, edited'), ...disk } }).conflict?.reason;
    const told = 'you have edited it since Ringfence wrote it, so it stays; ';
    expect(reason({ [aside]: file('own') })).toBe(`${told}your original is ${aside}`);
    expect(reason({})).toBe(`${told}delete it if you no longer need it`);
    const without = plan({ recorded, disk: { [path]: file('shadow, edited') } });
    expect(without.conflict?.reason).toBe(`${told}delete it if you no longer need it`);
  });

  it('stays when the user edited it', () => {
    const { step, conflict, kept } = plan({ recorded, disk: { [path]: file('shadow, edited') } });
    expect(step).toBeUndefined();
    expect(conflict?.cause).toBe('edited');
    expect(kept).toEqual(recorded);
  });
});

describe('a place that belongs to whoever was there first', () => {
  const old: OwnedFile = { ...place, is: 'file:644:#old' };

  it('is left alone, and blocks nothing', () => {
    const { step, conflict, kept } = plan({ desired: strictly, disk: { [path]: file('theirs') } });
    expect(step).toBeUndefined();
    expect(conflict).toMatchObject({ cause: 'foreign' });
    expect(kept).toBeUndefined();
  });

  it('is not ours though it is the same, but is as it should be', () => {
    expect(plan({ desired: strictly, disk: { [path]: file('new') } })).toMatchObject({
      step: undefined,
      conflict: undefined,
      kept: undefined,
      unchanged: 1,
    });
  });

  it('is replaced when it is what we wrote, and both are known until it is done', () => {
    expect(plan({ desired: strictly, recorded: old, disk: { [path]: file('old') } }).step).toMatchObject({
      replaces: 'ours',
      file: { is: 'file:644:#new', was: 'file:644:#old' },
    });
  });

  it.each([
    ['contents', file('edited')],
    ['mode', file('old', { mode: 0o600 })],
    ['type', file('old', { link: '/else' })],
  ])(
    'is left alone when the user changed its %s, and forgotten when nothing should be there any more',
    (_what, found) => {
      const update = plan({ desired: strictly, recorded: old, disk: { [path]: found } });
      expect(update.step).toBeUndefined();
      expect(update).toMatchObject({ conflict: { cause: 'edited' }, kept: old });
      expect(plan({ recorded: old, disk: { [path]: found } }).step).toMatchObject({ action: 'forget', left: true });
    },
  );

  it('is left alone when its mode was changed, though nothing else of it was', () => {
    const written = { ...old, stat: 's1' };
    const found = file('old', { stat: 's1', mode: 0o600 });
    expect(plan({ recorded: written, disk: { [path]: found } }).step).toMatchObject({ action: 'forget', left: true });
  });

  it('is left alone when the user emptied what was written durably', () => {
    const emptied = plan({ recorded: old, disk: { [path]: file('') }, emptied: false });
    expect(emptied.step).toMatchObject({ action: 'forget', left: true });
  });

  it('knows links by what they lead to, also those that lead nowhere', () => {
    const link: DesiredFile = { ...bare, contents: { type: 'link', target: '/new' } };
    const ours: OwnedFile = { ...place, is: 'link:/old' };
    const nowhere = (target: string): Found => ({ state: 'unusable', reason: 'leads nowhere', link: target });
    expect(plan({ desired: link, recorded: ours, disk: { [path]: nowhere('/old') } }).step).toMatchObject({
      replaces: 'ours',
      contents: { target: '/new' },
    });
    expect(plan({ desired: link, recorded: ours, disk: { [path]: nowhere('/new') } }).unchanged).toBe(1);
    expect(plan({ desired: link, recorded: ours, disk: { [path]: nowhere('/theirs') } }).conflict).toMatchObject({
      cause: 'edited',
    });
    expect(plan({ recorded: ours, disk: { [path]: nowhere('/old') } }).step).toMatchObject({ action: 'remove' });
  });
});

describe('planFiles', () => {
  it('goes by the order of what is desired, and takes away in the reverse order of the notes', () => {
    const owned = Object.fromEntries(['/a', '/b', '/c'].map((one) => [one, { ...place, is: '#old' }]));
    const made = planFiles({
      desired: ['/d', '/b'].map((one) => ({ ...bare, path: one })),
      owned,
      look: (one) => (one === '/d' ? { state: 'missing' } : file('old')),
      hash,
      marked: () => false,
      emptied: false,
    });
    expect(made.steps.map(({ action, path: one }) => `${action} ${one}`)).toEqual([
      'write /d',
      'write /b',
      'remove /c',
      'remove /a',
    ]);
    expect(made.order).toEqual(['/d', '/b', '/a', '/c']);
  });

  it('leaves a place alone that cannot be read, whoever wrote it', () => {
    const secret = { ...file('?'), bytes: () => undefined, hash: () => undefined } as Found;
    for (const wish of [{ desired }, {}]) {
      expect(plan({ ...wish, recorded: { ...recorded, stat: 's0' }, disk: { [path]: secret } })).toMatchObject({
        step: undefined,
        conflict: { cause: 'unusable' },
      });
    }
  });

  it('takes a file away that cannot be made any more, and goes on', () => {
    const broken: DesiredFile = {
      ...desired,
      fingerprint: 'f2',
      contents: { ...desired.contents, bytes: fail } as never,
    };
    expect(plan({ desired: broken, recorded, disk: { [path]: file('shadow') } }).step).toMatchObject({
      action: 'remove',
    });
    expect(plan({ desired: broken, disk: {} }).conflict).toMatchObject({
      reason: 'it is broken',
      cause: 'unusable',
    });
  });
});

describe('the notes', () => {
  it('of what is to be written say all that is known of it', () => {
    expect(plan({ desired, disk: {} }).step).toStrictEqual({
      ...place,
      path,
      action: 'write',
      replaces: 'nothing',
      contents: { type: 'file', mode: 0o644, bytes: Buffer.from('shadow') },
      file: { ...place, is: '#shadow', fingerprint: 'f1', source: desired.source },
    });
    const { source: _source, ...without } = bare;
    expect(plan({ desired: without, disk: {} }).step).toHaveProperty('file', { ...place, is: '#shadow' });
    expect(Object.keys((plan({ desired: without, disk: {} }).step as { file: OwnedFile }).file)).toHaveLength(3);
  });

  it('are the very same where nothing is new, and are settled where something is', () => {
    const disk = { [path]: file('shadow', { stat: 's1' }) };
    expect(plan({ desired, recorded, disk }).kept).toBe(recorded);
    expect(plan({ desired, recorded: { ...recorded, stat: 's0' }, disk }).kept).toStrictEqual(recorded);
    expect(plan({ desired, recorded: { ...recorded, was: '#older' }, disk }).kept).toStrictEqual(recorded);
    const link: Found = { state: 'unusable', reason: 'leads nowhere', link: '/new' };
    const wish: DesiredFile = { ...bare, contents: { type: 'link', target: '/new' } };
    const ours: OwnedFile = { ...place, is: 'link:/new', source: desired.source };
    expect(plan({ desired: wish, recorded: ours, disk: { [path]: link } }).kept).toStrictEqual(ours);
    const between = plan({ desired: wish, recorded: { ...ours, was: 'link:/old' }, disk: { [path]: link } });
    expect(between.kept).toStrictEqual(ours);
  });

  it('remember which of two versions is there, until the third is', () => {
    const third = { ...desired, fingerprint: 'f3', contents: contents('shadow 3') };
    const between = { ...recorded, is: '#shadow 2', was: '#shadow', stat: undefined };
    const was = (text: string) => plan({ desired: third, recorded: between, disk: { [path]: file(text) } }).step;
    expect(was('shadow')).toMatchObject({ file: { is: '#shadow 3', was: '#shadow' } });
    expect(was('shadow 2')).toMatchObject({ file: { is: '#shadow 3', was: '#shadow 2' } });
    const untouched = { ...between, stat: 's1' };
    const disk = { [path]: file('shadow 2', { stat: 's1' }) };
    expect(plan({ desired: third, recorded: untouched, disk }).step).toMatchObject({ file: { was: '#shadow 2' } });
  });

  it('are made for what cannot be anybody else’s, and for no link that is there already', () => {
    const same = { [path]: file('new') };
    expect(plan({ desired: { ...strictly, unmistakable: true }, disk: same }).kept).toMatchObject({ stat: 's2' });
    const link: DesiredFile = { ...bare, contents: { type: 'link', target: '/new' } };
    const there: Found = { state: 'unusable', reason: 'leads nowhere', link: '/new' };
    expect(plan({ desired: link, disk: { [path]: there } })).toMatchObject({ unchanged: 1, kept: undefined });
  });

  it('have no line for what is not ours', () => {
    const input = { owned: {}, hash, marked: () => false, emptied: false };
    const kept = (text: string) => planFiles({ ...input, desired: [strictly], look: () => file(text) }).kept.size;
    expect([kept('new'), kept('theirs')]).toEqual([0, 0]);
  });
});

describe('a place that cannot be used', () => {
  const folder: Found = { state: 'unusable', reason: 'it is a folder' };
  const unusable = { ...place, path, reason: 'it is a folder', cause: 'unusable' };

  it('is left alone, whatever should be there', () => {
    expect(plan({ desired: strictly, disk: { [path]: folder } }).conflict).toEqual(unusable);
    expect(plan({ desired, disk: { [path]: folder } }).conflict).toEqual(unusable);
    expect(plan({ recorded, disk: { [path]: folder } }).conflict).toEqual(unusable);
  });

  it('is one with a link that leads nowhere, where what is there is to be kept aside', () => {
    const link: Found = { ...folder, link: '/theirs' };
    expect(plan({ desired, disk: { [path]: link } }).conflict).toEqual(unusable);
    expect(plan({ desired: strictly, disk: { [path]: link } }).conflict).toMatchObject({ cause: 'foreign' });
  });
});

describe('withholdSteps', () => {
  it('keeps the conflicts that there are, withholds nothing that leaves the disk alone, and notes nothing new', () => {
    const all = {
      desired: ['/new', '/theirs'].map((one) => ({ ...bare, path: one })),
      owned: { '/gone': { ...place, is: '#old' } },
      look: (one: string) => (one === '/theirs' ? file('theirs') : ({ state: 'missing' } as const)),
      hash,
      marked: () => false,
      emptied: false,
    };
    const held = withholdSteps(planFiles(all), all.owned, () => 'read-only');
    expect(held.conflicts.map(({ path: one, cause }) => `${one} ${cause}`)).toEqual([
      '/theirs foreign',
      '/new withheld',
    ]);
    expect(held.steps).toMatchObject([{ path: '/gone', action: 'forget' }]);
    expect(held.kept.size).toBe(0);
  });

  it('makes conflicts of the steps for which there is a reason, and keeps their notes', () => {
    const owned = { '/a': { ...place, is: '#old' } };
    const made = planFiles({
      desired: [{ ...bare, path: '/b' }],
      owned,
      look: (one) => (one === '/a' ? file('old') : { state: 'missing' }),
      hash,
      marked: () => false,
      emptied: false,
    });
    const held = withholdSteps(made, owned, (one) => (one === '/a' ? 'read-only' : undefined));
    expect(held.steps.map(({ path: one }) => one)).toEqual(['/b']);
    expect(held.conflicts).toMatchObject([{ path: '/a', reason: 'read-only', cause: 'withheld' }]);
    expect(held.kept.get('/a')).toBe(owned['/a']);
  });
});

function fail(): never {
  throw new Error('it is broken');
}

function never(): never {
  throw new Error('nothing was to be read');
}
