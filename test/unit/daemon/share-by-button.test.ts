import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sharingByButton } from '../../../src/daemon/share-by-button.ts';

// Nothing below /tmp can be shared: a checkout there has no place for this.
const isPassing = /^\/(?:var\/)?tmp\//.test(resolve('out'));
mkdirSync('out', { recursive: true });
const home = mkdtempSync(resolve('out/button-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it.skipIf(isPassing)('offers no folder that the word for it would not lead to', async () => {
  for (const name of ['notes', 'notes:ro', '.notes']) mkdirSync(join(home, name), { recursive: true });
  const environment = { HOME: home, XDG_RUNTIME_DIR: '/run/user/1' };
  const { wordOf } = sharingByButton(
    environment,
    async () => environment,
    async () => [],
  );
  expect(await wordOf(join(home, 'notes'))).toBe('~/notes');
  expect(await wordOf(join(home, 'notes:ro'))).toBeUndefined();
  expect(await wordOf(join(home, '.notes'))).toBeUndefined();
  expect(await wordOf(home)).toBeUndefined();
});

it.skipIf(isPassing)('tells why what runs has to wait for the folder, and of no other', async () => {
  for (const name of ['notes', 'other']) mkdirSync(join(home, name), { recursive: true });
  const environment = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_RUNTIME_DIR: '/run/user/1' };
  const row = (name: string, state: string, reason = '') =>
    new Map(Object.entries({ folder: join(home, name), state, reason }));
  const press = (...rows: Map<string, string>[]) =>
    sharingByButton(
      environment,
      async () => environment,
      async () => rows,
    ).share('org.example.P', '~/notes');
  expect(await press(row('other', 'at-next-start', 'no'), row('notes', 'shared'))).toBeUndefined();
  expect(await press(row('notes', 'at-next-start', 'it has an inner one now'))).toBe('it has an inner one now');
  expect(readFileSync(join(home, '.config/ringfence/config.toml'), 'utf8')).toContain('shared-folders = ["~/notes"]');
});
