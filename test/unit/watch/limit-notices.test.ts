import { describe, expect, it } from 'vitest';
import type { Instance } from '../../../src/domain/instance.ts';
import { openLimitNotices } from '../../../src/watch/limit-notices.ts';
import type { Notice } from '../../../src/watch/pure/limit-notice.ts';

/** Notices that are shown to nobody: what was shown, and what their buttons did. */
function open() {
  const shown: Notice[] = [];
  const done: string[] = [];
  let secrets = 0;
  const notices = openLimitNotices({
    isWanted: () => true,
    async show(notice, replaces) {
      shown.push(notice);
      return replaces || shown.length;
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
  const keys = () => shown.at(-1)?.buttons.map(([key]) => key) ?? [];
  return { notices, shown, done, tell, keys };
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
