import { expect, it } from 'vitest';
import { changesText } from '../../../../src/clients/cli/install-text.ts';
import { openTerminal } from '../../../../src/clients/cli/terminal.ts';
import type { InstallChange } from '../../../../src/install/changes.ts';

const changes: InstallChange[] = [
  ...['x', 'y'].map((name): InstallChange => ({ path: `/share/own/${name}`, change: 'created', size: 1024 })),
  { path: '/bin/ringfence', change: 'created', target: '/share/own/a-long-way-to/ringfence' },
  { path: '/man5/it.5', change: 'updated', size: 512 },
  { path: '/man8/it.8', change: 'kept', reason: 'you have edited it' },
];
const text = (diff: boolean) =>
  changesText(
    changes,
    { package: '/share/own' },
    { diff, dryRun: false },
    openTerminal(process.stdout, process.stderr, { NO_COLOR: '1' }, false),
  ).split('\n');

it('tells the size of a file beside its name, however long others are', () => {
  expect(text(false)).toEqual([
    'created  /share/own/ (2 files, 2 KiB: x, y)',
    'created  /bin/ringfence -> /share/own/a-long-way-to/ringfence',
    'updated  /man5/it.5 (512 B)',
    'kept     /man8/it.8: you have edited it',
  ]);
  expect(text(true)[0]).toBe('created  /share/own/x (1 KiB)');
});
