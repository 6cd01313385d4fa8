import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RingfenceError } from '../../../src/domain/errors.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import { openLimitNotices } from '../../../src/watch/limit-notices.ts';
import type { Notice } from '../../../src/watch/pure/limit-notice.ts';

/** Notices that are shown to nobody: what was shown, and what their buttons did. */
function open() {
  const shown: Notice[] = [];
  const done: string[] = [];
  const replaced: number[] = [];
  let secrets = 0;
  let hasEnded = false;
  const notices = openLimitNotices({
    isWanted: () => true,
    async show(notice, replaces) {
      replaced.push(replaces);
      shown.push(notice);
      const number = replaces || shown.length;
      await nextTurn();
      return number;
    },
    means: async () => ({ canShow: true }),
    async showApp(app, token) {
      done.push(`show ${app} ${token ?? '-'}`);
    },
    async launch(app, options) {
      done.push(`launch ${app} ${[...options].flat().join(' ')}`);
    },
    secret: () => `secret${++secrets}`,
    failed: (what) => done.push(`failed ${what}`),
  });
  const instance = {
    report: { app: 'org.test.App', unit: 'app.scope', name: 'App', profile: 'strict', rows: [] },
    async setLimits(limits: ReadonlyMap<string, string>) {
      if (hasEnded) throw new RingfenceError('NoSuchInstance', 'cannot set limits of App: it has ended');
      done.push(`set ${[...limits].flat().join(' ')}`);
    },
    async stop() {
      done.push('stop');
    },
  } as unknown as Instance;
  const details = new Map([
    ['name', 'App'],
    ['app', 'org.test.App'],
    ['value', '1073741824'],
    ['suggested', '2G'],
  ]);
  const tell = () => notices.tell(instance, { limit: 'memory-max', details });
  const tellOfCommand = (name: string, unit: string) =>
    notices.tell({ report: { app: '', name, unit } } as unknown as Instance, { limit: 'memory-max', details });
  const keys = () => shown.at(-1)?.buttons.map(([key]) => key) ?? [];
  const end = () => {
    hasEnded = true;
  };
  return { notices, shown, replaced, done, tell, tellOfCommand, keys, end };
}

describe('the buttons of a notice about a limit', () => {
  it('do what they say, each once', async () => {
    const { notices, done, tell, keys } = open();
    await tell();
    const [raise = '', restart = '', show = ''] = keys();
    notices.token(1, 'a-token');
    await notices.pressed(1, show);
    for (const key of [raise, raise, restart]) await notices.pressed(1, key);
    expect(done).toEqual([
      'show org.test.App.desktop a-token',
      'set memory-max 2G',
      'stop',
      'launch org.test.App profile strict',
    ]);
  });

  it('start an app that has ended anew with the higher limit', async () => {
    const { notices, done, tell, keys, end } = open();
    await tell();
    end();
    await notices.pressed(1, keys()[0] ?? '');
    expect(done).toEqual(['launch org.test.App profile strict memory-max 2G']);
  });

  it('have keys that nobody can guess, and none that were good before', async () => {
    const { notices, done, tell, keys } = open();
    await tell();
    const before = keys();
    await tell();
    // By whoever has put a notification of its own in the place of this one.
    for (const key of ['raise', 'restart', 'show', 'default', ...before]) await notices.pressed(1, key);
    expect(done).toEqual([]);
    await notices.pressed(1, keys()[0] ?? '');
    expect(done).toEqual(['set memory-max 2G']);
  });
});

it('shows one notice of an app at a time, also where two limits are reached at once', async () => {
  const { replaced, tell } = open();
  await Promise.all([tell(), tell(), tell()]);
  expect(replaced).toEqual([0, 1, 1]);
});

it('shows one notice of a command that is started again and again', async () => {
  const { replaced, tellOfCommand } = open();
  for (const unit of ['app-1.scope', 'app-2.scope']) await tellOfCommand('make', unit);
  await tellOfCommand('cc', 'app-3.scope');
  expect(replaced).toEqual([0, 1, 0]);
});
