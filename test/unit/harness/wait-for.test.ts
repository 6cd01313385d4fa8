import { describe, expect, it } from 'vitest';
import { patience, waitFor } from '../../harness/wait-for.ts';

describe('waitFor', () => {
  it('gives up before the time of a test is over, so that its message is read', ({ task }) => {
    expect(patience).toBeLessThan(task.timeout);
  });

  it('says what it waited for, and the last state', async () => {
    const never = waitFor(() => undefined, { what: 'a miracle', timeoutMs: 1 });
    await expect(never).rejects.toThrow('waited 1 ms for a miracle; last state: undefined');
    const broken = waitFor(() => Promise.reject(new Error('no bus')), { what: 'an answer', timeoutMs: 1 });
    await expect(broken).rejects.toThrow('waited 1 ms for an answer; last state: no bus');
    const seen = waitFor(() => false, { what: 'a hat', timeoutMs: 1, tell: async () => 'there was a rabbit' });
    await expect(seen).rejects.toThrow('waited 1 ms for a hat; last state: false; there was a rabbit');
    const unseen = waitFor(() => false, { what: 'a hat', timeoutMs: 1, tell: () => Promise.reject(new Error('dark')) });
    await expect(unseen).rejects.toThrow('waited 1 ms for a hat; last state: false; dark');
  });
});
