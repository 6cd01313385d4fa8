import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadJournalSend } from '../../../../src/platform/journal/load-journal-send.ts';

const binding = 'node_modules/systemd-journald/build/Release/journal_send.node';

it.skipIf(!existsSync(binding))('loads the binding of its own package, and none of a folder above', () => {
  const root = mkdtempSync(join(tmpdir(), 'ringfence-binding-'));
  const program = join(root, 'lib/ringfence/dist/ringfenced');
  mkdirSync(join(program, '..'), { recursive: true });
  writeFileSync(program, '');
  for (const above of ['lib', '.']) cpSync(binding, join(root, above, binding), { recursive: true });
  expect(loadJournalSend(program)).toBeUndefined();
  cpSync(binding, join(root, 'lib/ringfence', binding), { recursive: true });
  expect(loadJournalSend(program)).toEqual(expect.any(Function));
  rmSync(root, { recursive: true });
});
