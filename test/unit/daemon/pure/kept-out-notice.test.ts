import { expect, it } from 'vitest';
import { keptOutNotice } from '../../../../src/daemon/pure/kept-out-notice.ts';

const told = { app: 'org.example.Editor', name: 'Editor', folder: '~/Music', file: 'a.txt' };

it('says what cannot be saved, and how to let it in', () => {
  expect(keptOutNotice(told, 'editor')).toMatchObject({
    summary: 'Editor cannot save a.txt in ~/Music',
    body: expect.stringMatching(/: ringfence share org\.example\.Editor ~\/Music$/),
    buttons: [['share', 'Share ~/Music']],
    icon: 'editor',
    desktopEntry: 'org.example.Editor',
    isUrgent: false,
  });
});

it('says of a folder that was chosen itself that it can be read', () => {
  const notice = keptOutNotice({ ...told, file: undefined }, undefined);
  expect(notice.summary).toBe('Editor can only read ~/Music');
  expect(notice.icon).toBe('org.example.Editor');
});

it('has a command that a shell takes', () => {
  const body = (folder: string) => keptOutNotice({ ...told, folder }, undefined).body;
  expect(body('~/My "Music"')).toMatch(/ "\$HOME\/My \\"Music\\""$/);
  expect(body('/data/$x `y`')).toMatch(/ "\/data\/\\\$x \\`y\\`"$/);
});
