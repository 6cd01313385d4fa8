import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('docs/journal.md has the tables that the daemon uses', () => {
  const maker = fileURLToPath(new URL('../../../docs/journal.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [maker, '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
