import { expect, it } from 'vitest';
import { inOrder, instanceFrom } from '../../../../src/window/pure/instance.ts';

const properties = {
  AppId: 'a.desktop',
  Name: 'A',
  Unit: 'app-ringfence-a-1.scope',
  Profile: 'strict',
  StartedAt: 7,
  Frozen: true,
  Limits: { 'tasks-max': '9' },
  Report: [{ name: 'tasks-max', result: 'enforced' }],
};

it('reads what the daemon tells of an instance', () => {
  expect(instanceFrom('/1', properties)).toEqual({
    path: '/1',
    app: 'a.desktop',
    name: 'A',
    profile: 'strict',
    startedAt: 7,
    isFrozen: true,
    limits: { 'tasks-max': '9' },
    report: [{ name: 'tasks-max', result: 'enforced' }],
  });
});

it('has nothing for what an older daemon does not tell', () => {
  expect(instanceFrom('/1', {})).toEqual({
    path: '/1',
    app: '',
    name: '/1',
    profile: '',
    startedAt: 0,
    isFrozen: false,
    limits: {},
    report: [],
  });
});

it('names an instance without a name by its unit', () => {
  expect(instanceFrom('/1', { ...properties, Name: '' }).name).toBe('app-ringfence-a-1.scope');
});

it('keeps all of it through a change that names nothing', () => {
  const before = instanceFrom('/1', properties);
  expect(instanceFrom('/1', {}, before)).toEqual(before);
});

it('keeps what a change does not name', () => {
  const before = instanceFrom('/1', { Name: 'one', AppId: 'a.desktop', Frozen: false, Limits: { 'tasks-max': '9' } });
  expect(instanceFrom('/1', { Frozen: true }, before)).toEqual({ ...before, isFrozen: true });
  expect(instanceFrom('/1', { Limits: { 'tasks-max': '5' } }, before).limits).toEqual({ 'tasks-max': '5' });
});

it('orders instances by name and start', () => {
  const made = [
    instanceFrom('/1', { Name: 'b', StartedAt: 1 }),
    instanceFrom('/2', { Name: 'a', StartedAt: 9 }),
    instanceFrom('/3', { Name: 'a', StartedAt: 2 }),
  ];
  expect(inOrder(made).map(({ path }) => path)).toEqual(['/3', '/2', '/1']);
});
