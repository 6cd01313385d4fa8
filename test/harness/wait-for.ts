import { setTimeout as sleep } from 'node:timers/promises';
import { currentTestbed } from './testbed.ts';

/** What a wait is for (shown when it fails) and how long it may take, in ms; the machine gets four times as long by default. */
export interface WaitOptions {
  readonly what: string;
  readonly timeoutMs?: number;
  /** What else there is to say of the state when it fails. */
  readonly tell?: () => Promise<string>;
}

/** How long it waits unless told, in ms: less than any test may take, or nobody would read what it waited for. */
export const patience = currentTestbed() === 'machine' ? 80_000 : 20_000;

/**
 * Resolves with the condition's first value that is neither undefined, null, false nor an error. Fails after the time
 * allowed with what was waited for and the last state seen: its last value or the error it threw.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = patience, tell }: WaitOptions,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + timeoutMs;
  let state: unknown;
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 100)) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<T, undefined | null | false>;
      state = value;
    } catch (error) {
      state = error;
    }
    if (performance.now() >= end) {
      const more = tell === undefined ? '' : `; ${await tell().catch(describe)}`;
      throw new Error(`waited ${timeoutMs} ms for ${what}; last state: ${describe(state)}${more}`);
    }
    await sleep(pause);
  }
}

function describe(state: unknown): string {
  return state instanceof Error ? state.message : (JSON.stringify(state) ?? String(state));
}
