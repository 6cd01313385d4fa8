import { expect, it } from 'vitest';
import { wantsSound } from '../../../src/daemon/pure/sound-notice.ts';
import { openSoundNotices, type SoundPorts } from '../../../src/daemon/sound-notices.ts';
import type { ReportRow } from '../../../src/domain/report.ts';
import type { Notice } from '../../../src/watch/pure/limit-notice.ts';

const row = (asked: string): ReportRow => {
  return { name: 'sound', asked, origin: 'built-in', state: 'enforced', value: 'none', reason: '', fix: '' };
};
const strict = { app: 'org.example.P', name: 'P', mode: 'strict', rows: [row('false')] } as const;

function world(changes: Partial<SoundPorts> = {}) {
  const [told, shown, allowed, failures] = [new Set<string>(), [] as Notice[], [] as string[], [] as string[]];
  const notices = openSoundNotices({
    isTold: (app) => told.has(app),
    tell: (app) => void told.add(app),
    untell: (app) => void told.delete(app),
    isOpen: () => true,
    categoriesOf: async () => 'AudioVideo;',
    show: async (notice) => shown.push(notice),
    iconOf: async () => 'icon',
    allow: async (app) => allowed.push(app),
    secret: () => '7',
    failed: (what) => void failures.push(what),
    ...changes,
  });
  return { notices, told, shown, allowed, failures };
}

it('asks once about an app, and does what its button says', async () => {
  const { notices, shown, allowed, told } = world();
  await Promise.all([notices.started(strict), notices.started(strict)]);
  await notices.started(strict);
  expect(shown).toMatchObject([{ summary: 'P has no sound', icon: 'icon', buttons: [['sound-7', 'Allow Sound']] }]);
  expect([...told]).toEqual(['org.example.P']);
  await notices.pressed(1, 'sound-8');
  await notices.pressed(2, 'sound-7');
  expect(allowed).toEqual([]);
  await notices.pressed(1, 'sound-7');
  await notices.pressed(1, 'sound-7');
  expect(allowed).toEqual(['org.example.P']);
});

it.each<[string, Parameters<ReturnType<typeof openSoundNotices>['started']>[0], Partial<SoundPorts>]>([
  ['a relaxed app', { ...strict, mode: 'relaxed' }, {}],
  ['a command', { ...strict, app: '' }, {}],
  ['a home that is thrown away', { ...strict, once: true }, {}],
  ['an app that has sound', { ...strict, rows: [row('true')] }, {}],
  ['one about which something is written', strict, { isOpen: () => false }],
  ['one that nobody wants to hear', strict, { categoriesOf: async () => 'Utility;' }],
  ['one without an entry', strict, { categoriesOf: () => Promise.reject(new Error('none')) }],
])('does not ask about %s', async (_, report, changes) => {
  const { notices, shown, told } = world(changes);
  await notices.started(report);
  expect([shown, told.size]).toEqual([[], 0]);
});

it('asks again where nobody was there to show it', async () => {
  const { notices, told } = world({ show: () => Promise.reject(new Error('nobody')) });
  await notices.started(strict);
  expect(told.size).toBe(0);
});

it('gives way to another notice about the app, and asks again another time', async () => {
  const { notices, shown, allowed } = world();
  await notices.started(strict);
  expect(notices.giveWay('org.example.Other')).toBeUndefined();
  expect(notices.giveWay('org.example.P')).toBe(1);
  expect(notices.giveWay('org.example.P')).toBeUndefined();
  await notices.pressed(1, 'sound-7');
  expect(allowed).toEqual([]);
  await notices.started(strict);
  expect(shown).toHaveLength(2);
  notices.closed(2);
  expect(notices.giveWay('org.example.P')).toBeUndefined();
});

it('is not shown when another notice about the app is quicker', async () => {
  const { notices, shown } = world();
  const asking = notices.started(strict);
  expect(notices.giveWay('org.example.P')).toBeUndefined();
  await asking;
  expect(shown).toEqual([]);
  await notices.started(strict);
  expect(shown).toHaveLength(1);
});

it('says what its button could not do', async () => {
  const { notices, failures } = world({ allow: () => Promise.reject(new Error('full')) });
  await notices.started(strict);
  await notices.pressed(1, 'sound-7');
  expect(failures).toEqual(['allow sound for P']);
});

it.each([
  ['AudioVideo;Player;', true],
  ['Network;WebBrowser', true],
  ['Video', true],
  ['Utility;AudioVideoEditing;', false],
  ['X-Audio;', false],
  ['', false],
])('knows by its categories whether one wants to hear it: %j', (categories, is) => {
  expect(wantsSound(categories)).toBe(is);
});
