import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { logEvents, logFields } from '../../../src/domain/log-events.ts';

const manual = readFileSync(new URL('../../../docs/journal.md', import.meta.url), 'utf8');

describe('logEvents', () => {
  it('has a 128-bit id of its own for each event', () => {
    const ids = Object.values(logEvents).map(({ messageId }) => messageId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(Object.entries(logEvents))('documents %s with its id', (name, { messageId }) => {
    expect(manual).toContain(`| \`${name}\` | \`${messageId}\` |`);
  });
});

describe('logFields', () => {
  it.each(Object.values(logFields))('$field is a name journald takes, and documented', ({ field }) => {
    expect(field).toMatch(/^[A-Z][A-Z0-9_]{0,63}$/);
    expect(manual).toContain(`| \`${field}\` |`);
  });
});
