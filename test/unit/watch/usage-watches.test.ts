import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Instance } from '../../../src/domain/instance.ts';
import { openUsageWatches } from '../../../src/watch/usage-watches.ts';

/** An instance whose use changes whenever somebody looks, unless it cannot be read. */
function instance(path: string): Instance & { isReadable: boolean; reads: number } {
  const made = {
    path,
    isReadable: true,
    reads: 0,
    usage() {
      made.reads += 1;
      if (!made.isReadable) throw new Error('EMFILE');
      return new Map([['reads', String(made.reads)]]);
    },
  };
  return made as unknown as ReturnType<typeof instance>;
}

/** Callers that answer, or do not, and that leave. */
function open() {
  const told: string[] = [];
  const leave = new Map<string, () => void>();
  const answers = { value: true as boolean | Promise<boolean> };
  const watches = openUsageWatches({
    send: (caller, path) => void told.push(`${caller} ${path}`),
    answers: async () => answers.value,
    async onLeft(caller, listener) {
      leave.set(caller, listener);
      return () => void leave.delete(caller);
    },
  });
  return { watches, told, leave, answers };
}

describe('watches of usage', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are bounded for one caller and for all', async () => {
    const { watches, leave } = open();
    const instances = Array.from({ length: 1025 }, (_, number) => instance(`/${number}`));
    const watch = (caller: string, number: number, rate = 1000) =>
      watches.watch(caller, instances[number] as Instance, rate);
    for (const caller of ['a', 'b', 'c', 'd']) {
      for (let number = 0; number < 1024; number++) expect(await watch(caller, number)).toBe(true);
      expect(await watch(caller, 1024)).toBe(false);
      // Another rate is no other watch.
      expect(await watch(caller, 5, 500)).toBe(true);
    }
    expect(await watch('e', 0)).toBe(false);
    expect(await watch('a', 0, 0)).toBe(true);
    expect(await watch('e', 0)).toBe(true);
    for (const left of [...leave.values()]) left();
    await vi.advanceTimersByTimeAsync(0);
    expect([vi.getTimerCount(), leave.size]).toEqual([0, 0]);
  });

  it('read an instance once for all of one rate, and not at all without them', async () => {
    const { watches, told } = open();
    const one = instance('/one');
    for (const caller of ['a', 'b', 'c']) await watches.watch(caller, one, 1000);
    const { reads } = one;
    told.length = 0;
    vi.advanceTimersByTime(3000);
    expect(one.reads - reads).toBe(3);
    expect(told).toHaveLength(9);
    watches.forget('/one');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('go on after what could not be read', async () => {
    const { watches, told } = open();
    const one = instance('/one');
    await watches.watch('a', one, 1000);
    one.isReadable = false;
    vi.advanceTimersByTime(2000);
    expect(told).toHaveLength(1);
    one.isReadable = true;
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(2);
  });

  it('wait for a caller that has not read, and end when it does not answer', async () => {
    const { watches, told, answers, leave } = open();
    let settle: (isThere: boolean) => void = () => {};
    await watches.watch('a', instance('/one'), 1000);
    await vi.advanceTimersByTimeAsync(0);
    answers.value = new Promise((resolve) => {
      settle = resolve;
    });
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(told).toHaveLength(512);
    settle(true);
    answers.value = new Promise((resolve) => {
      settle = resolve;
    });
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(told.length).toBeGreaterThan(512);
    const then = told.length;
    settle(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([told.length, leave.size, vi.getTimerCount()]).toEqual([then, 0, 0]);
  });
});
