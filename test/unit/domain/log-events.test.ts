import { describe, expect, it } from 'vitest';
import { logEvents, logFields } from '../../../src/domain/log-events.ts';

describe('logEvents', () => {
  it('has a 128-bit id of its own for each event', () => {
    const ids = Object.values(logEvents).map(({ messageId }) => messageId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('logFields', () => {
  it.each(Object.values(logFields))('$field is a name journald takes', ({ field }) => {
    expect(field).toMatch(/^[A-Z][A-Z0-9_]{0,63}$/);
  });

  it('belong to an event each', () => {
    const used = new Set<string>(Object.values(logEvents).flatMap(({ fields, optional }) => [...fields, ...optional]));
    expect(Object.keys(logFields).filter((name) => !used.has(name))).toEqual([]);
  });
});
