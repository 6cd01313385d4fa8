import { describe, expect, it } from 'vitest';
import { command } from '../harness/command.ts';

// On one system only, as the page is one; with the limits that a machine enforces, which a session may not have.
describe('docs/tour.md', () => {
  it('is what the commands say', { timeout: 280_000 }, async () => {
    const { code, stderr } = await command(['node', 'docs/tour.mjs', '--check'], { timeoutMs: 270_000 });
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});
