import { describe, expect, it } from 'vitest';
import { emptyManifest, type ManifestFile } from '../../../../src/shadows/pure/manifest.ts';
import { type DesiredFile, type DiskState, type PlanInput, planShadows } from '../../../../src/shadows/pure/plan.ts';

const path = '/home/u/.local/share/applications/app.desktop';
const aside = '/home/u/.local/share/ringfence/originals/app.desktop';
const place = { app: 'app.desktop', kind: 'entry' } as const;
const hash = (bytes: Uint8Array) => `#${Buffer.from(bytes).toString()}`;

const desired: DesiredFile = {
  ...place,
  path,
  fingerprint: 'f1',
  source: '/usr/share/applications/app.desktop',
  mode: 0o644,
  asidePath: aside,
  content: () => Buffer.from('shadow'),
};
const recorded: ManifestFile = { ...place, hash: '#shadow', fingerprint: 'f1', stat: 's1', source: desired.source };

function file(text: string, stat = 's2'): DiskState {
  return { state: 'file', stat, size: text.length, hash: () => `#${text}`, marked: () => text.startsWith('shadow') };
}

function plan(input: {
  desired?: DesiredFile;
  recorded?: ManifestFile;
  disk: Record<string, DiskState>;
  wanted?: boolean;
}) {
  const made: PlanInput = {
    desired: new Map(input.desired === undefined ? [] : [[path, input.desired]]),
    manifest: { ...emptyManifest, files: input.recorded === undefined ? {} : { [path]: input.recorded } },
    disk: (place) => input.disk[place] ?? { state: 'missing' },
    hash,
    wanted: () => input.wanted ?? false,
  };
  const { steps, conflicts, kept } = planShadows(made);
  return { step: steps[0], conflict: conflicts[0], kept: kept.get(path) };
}

describe('a file that should be', () => {
  it('is written where there is nothing', () => {
    expect(plan({ desired, disk: {} }).step).toMatchObject({ action: 'write', replaces: 'nothing', hash: '#shadow' });
  });

  it('stays when neither it nor what it is made from has changed, without being read', () => {
    const unread: DiskState = { state: 'file', stat: 's1', size: 6, hash: never, marked: never };
    expect(plan({ desired: { ...desired, content: never }, recorded, disk: { [path]: unread } }).kept).toEqual(
      recorded,
    );
  });

  it('is written anew when what it is made from has changed, and both hashes are remembered meanwhile', () => {
    const next = { ...desired, fingerprint: 'f2', content: () => Buffer.from('shadow 2') };
    expect(plan({ desired: next, recorded, disk: { [path]: file('shadow') } }).step).toMatchObject({
      replaces: 'ours',
      file: { hash: '#shadow 2', was: '#shadow' },
    });
  });

  it('takes the place of the user’s own file, which goes aside', () => {
    expect(plan({ desired, disk: { [path]: file('own') } }).step).toMatchObject({ replaces: 'own', file: { aside } });
  });

  it('is left alone when the user edited it', () => {
    const { step, conflict } = plan({ desired, recorded, disk: { [path]: file('shadow, edited') } });
    expect(step).toBeUndefined();
    expect(conflict).toMatchObject({ edited: true });
  });

  it('is taken over when it is there already, as after the loss of the manifest', () => {
    expect(plan({ desired, disk: { [path]: file('shadow') } }).kept).toMatchObject({ hash: '#shadow', stat: 's2' });
  });

  it('is recognized by either hash after an end between the notes and the file', () => {
    const between = { ...recorded, hash: '#shadow 2', was: '#shadow', stat: undefined };
    for (const text of ['shadow', 'shadow 2']) {
      const { step, kept } = plan({ desired, recorded: between as never, disk: { [path]: file(text) } });
      expect(step).toBeUndefined();
      expect(kept).toMatchObject({ hash: `#${text}`, stat: 's2' });
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
    const disk: Record<string, DiskState> = {
      [path]: file('shadow'),
      [aside]: { state: 'unusable', reason: 'a link' },
    };
    expect(plan({ recorded: own, disk }).step).toMatchObject({ action: 'put-back' });
  });

  it('is forgotten when its place is somebody else’s by now', () => {
    const disk = { [path]: file('newer'), [aside]: file('own') };
    expect(plan({ recorded: own, disk }).step).toMatchObject({ action: 'forget', dropAside: aside });
  });

  it('is forgotten when the app removed it, and given back when the user disables the app', () => {
    const disk = { [aside]: file('own') };
    expect(plan({ recorded: own, disk, wanted: true }).step).toMatchObject({ action: 'forget', dropAside: aside });
    expect(plan({ recorded: own, disk, wanted: false }).step).toMatchObject({ action: 'put-back' });
  });

  it('stays when the user edited it', () => {
    const { step, conflict, kept } = plan({ recorded, disk: { [path]: file('shadow, edited') } });
    expect(step).toBeUndefined();
    expect(conflict?.edited).toBe(true);
    expect(kept).toEqual(recorded);
  });
});

function never(): never {
  throw new Error('nothing was to be read');
}
