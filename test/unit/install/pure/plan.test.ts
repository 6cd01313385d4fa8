import { describe, expect, it } from 'vitest';
import { type DesiredPlace, type PlaceState, planInstall } from '../../../../src/install/pure/plan.ts';

const unit: DesiredPlace = { path: '/data/unit', needed: true, kind: 'file', content: Buffer.from('new'), mode: 0o644 };
const page: DesiredPlace = { ...unit, path: '/data/page', needed: false };

function sight(places: Readonly<Record<string, string>>, readOnly: readonly string[] = []) {
  return {
    look: (path: string): PlaceState => {
      const is = places[path];
      return is === undefined ? { state: 'missing' } : { state: 'present', is };
    },
    identify: (place: DesiredPlace) => (place.kind === 'file' ? place.content.toString() : place.target),
    obstacle: (path: string) => (readOnly.includes(path) ? 'read-only' : undefined),
  };
}

describe('planInstall', () => {
  it('writes what is missing, and says so before', () => {
    const plan = planInstall([unit], {}, sight({}));
    expect(plan.steps).toEqual([{ action: 'write', place: unit, is: 'new', replaces: false }]);
    expect(plan.intent).toEqual({ '/data/unit': { is: 'new' } });
    expect(plan.outcome).toEqual(plan.intent);
  });

  it('changes nothing when all is there', () => {
    const recorded = { '/data/unit': { is: 'new' } };
    expect(planInstall([unit], recorded, sight({ '/data/unit': 'new' }))).toEqual({
      steps: [],
      conflicts: [],
      unchanged: 1,
      intent: recorded,
      outcome: recorded,
    });
  });

  it('replaces what it wrote, and knows both until it is done', () => {
    const plan = planInstall([unit], { '/data/unit': { is: 'old' } }, sight({ '/data/unit': 'old' }));
    expect(plan.steps).toMatchObject([{ action: 'write', replaces: true }]);
    expect(plan.intent).toEqual({ '/data/unit': { is: 'new', was: 'old' } });
    expect(plan.outcome).toEqual({ '/data/unit': { is: 'new' } });
  });

  it.each(['old', 'new'])('takes over from a crash that left the %s file', (found) => {
    const crashed = { '/data/unit': { is: 'new', was: 'old' } };
    const plan = planInstall([unit], crashed, sight({ '/data/unit': found }));
    expect(plan.conflicts).toEqual([]);
    expect(plan.outcome).toEqual({ '/data/unit': { is: 'new' } });
    expect(planInstall([], crashed, sight({ '/data/unit': found })).steps).toEqual([
      { action: 'remove', path: '/data/unit' },
    ]);
  });

  it('never touches a file that it did not write', () => {
    const plan = planInstall([unit], {}, sight({ '/data/unit': 'theirs' }));
    expect(plan.steps).toEqual([]);
    expect(plan.conflicts).toMatchObject([{ path: '/data/unit', blocks: false }]);
    expect(plan.outcome).toEqual({});
  });

  it('does not own a file that was there before, though it is the same', () => {
    expect(planInstall([unit], {}, sight({ '/data/unit': 'new' })).outcome).toEqual({});
  });

  it('leaves an edited file, at an update and at the end', () => {
    const recorded = { '/data/unit': { is: 'old' } };
    const found = sight({ '/data/unit': 'edited' });
    const update = planInstall([unit], recorded, found);
    expect(update.steps).toEqual([]);
    expect(update.conflicts).toHaveLength(1);
    expect(update.outcome).toEqual(recorded);
    const end = planInstall([], recorded, found);
    expect(end.steps).toEqual([]);
    expect(end.conflicts).toHaveLength(1);
    expect(end.outcome).toEqual({});
  });

  it('is blocked by a place that is needed and cannot be written, not by others', () => {
    const plan = planInstall([unit, page], {}, sight({}, ['/data/unit', '/data/page']));
    expect(plan.conflicts).toMatchObject([
      { path: '/data/unit', blocks: true },
      { path: '/data/page', blocks: false },
    ]);
  });

  it('removes in the reverse order, also what an update does not have any more', () => {
    const recorded = { '/data/a': { is: 'a' }, '/data/b': { is: 'b' }, '/data/unit': { is: 'new' } };
    const found = sight({ '/data/a': 'a', '/data/b': 'b', '/data/unit': 'new' });
    const paths = planInstall([unit], recorded, found).steps.map((step) => step.action === 'remove' && step.path);
    expect(paths).toEqual(['/data/b', '/data/a']);
  });
});
