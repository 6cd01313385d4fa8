import { expect, it } from 'vitest';
import { endedNotice } from '../../../../src/daemon/pure/ended-notice.ts';

const ended = {
  app: 'org.example.Editor',
  name: 'Editor',
  unit: 'app-ringfence-org.example.Editor-1.scope',
  exitCode: '0',
  refused: 'org.other.Editor',
  mayHave: true,
};

it('names the bus name, and how to let the app have it', () => {
  expect(endedNotice(ended, 'editor')).toEqual({
    summary: 'Editor ended at once',
    body: expect.stringMatching(/: ringfence config set org\.example\.Editor own-names org\.other\.Editor$/),
    buttons: [['have', 'Let It Have the Name, and Start']],
    icon: 'editor',
    desktopEntry: 'org.example.Editor',
    isUrgent: false,
  });
});

it('offers no name that may be another’s, by button or command', () => {
  const { body, buttons } = endedNotice({ ...ended, refused: 'org.freedesktop.secrets', mayHave: false }, undefined);
  expect(buttons).toEqual([]);
  expect(body).toContain('org.freedesktop.secrets');
  expect(body).not.toMatch(/ringfence|own-names/);
});

it('says where to look when nothing was refused', () => {
  const { body, buttons } = endedNotice({ ...ended, exitCode: '3', refused: undefined, mayHave: false }, undefined);
  expect(buttons).toEqual([]);
  expect(body).toMatch(/exit code 3.*journalctl --user -u app-ringfence-org\.example\.Editor-1\.scope$/);
});
