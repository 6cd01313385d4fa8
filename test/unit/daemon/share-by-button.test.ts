import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sharingByButton } from '../../../src/daemon/share-by-button.ts';

// Nothing below /tmp can be shared.
mkdirSync('out', { recursive: true });
const home = mkdtempSync(resolve('out/button-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('offers no folder that the word for it would not lead to', async () => {
  for (const name of ['notes', 'notes:ro', '.notes']) mkdirSync(join(home, name));
  const environment = { HOME: home, XDG_RUNTIME_DIR: '/run/user/1' };
  const { wordOf } = sharingByButton(
    environment,
    async () => environment,
    async () => {},
  );
  expect(await wordOf(join(home, 'notes'))).toBe('~/notes');
  expect(await wordOf(join(home, 'notes:ro'))).toBeUndefined();
  expect(await wordOf(join(home, '.notes'))).toBeUndefined();
  expect(await wordOf(home)).toBeUndefined();
});
