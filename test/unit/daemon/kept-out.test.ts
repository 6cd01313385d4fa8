import { expect, it } from 'vitest';
import { type KeptOutPorts, openKeptOutNotices } from '../../../src/daemon/kept-out.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Notice } from '../../../src/watch/pure/limit-notice.ts';

function world(share: KeptOutPorts['share']) {
  const [shown, failures] = [[] as Notice[], [] as string[]];
  const notices = openKeptOutNotices({
    instanceOf: () => ({ report: { app: 'org.example.P', name: 'P' } }) as Instance,
    isTold: () => false,
    tell: () => {},
    wordOf: async () => '~/notes',
    show: async (notice) => shown.push(notice),
    iconOf: async () => 'icon',
    secret: () => '7',
    failed: (what) => void failures.push(what),
    share,
  });
  const press = async () => {
    await notices.keptOut({ unit: 'p.scope', path: '/home/u/notes/a', isFolder: false });
    await notices.pressed(1, 'share-7');
    return [shown.slice(1).map(({ summary, body }) => `${summary}: ${body}`), failures];
  };
  return { press };
}

it('says nothing more when its button lets the folder in', async () => {
  expect(await world(async () => undefined).press()).toEqual([[], []]);
});

it('tells whoever pressed it when what runs has to be started again for that', async () => {
  const said =
    'P has ~/notes when you start it again: It is shared, and what runs cannot have it: it has ~/notes/in now.';
  expect(await world(async () => 'it has ~/notes/in now').press()).toEqual([[said], []]);
});

it('logs what could not be shared', async () => {
  const [shown, failures] = await world(() => Promise.reject(new Error('a faulty file'))).press();
  expect([shown, failures]).toEqual([[], ['share ~/notes with P']]);
});
