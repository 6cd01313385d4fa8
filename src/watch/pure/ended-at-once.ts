import type { Report } from '../../domain/report.ts';
import type { Outcome } from './outcome.ts';

/** Whether what ends `now` (ms since 1970) has run for so short a time that a click may seem to have done nothing. */
export function isAtOnce({ startedAt }: Pick<Report, 'startedAt'>, now: number): boolean {
  return now - startedAt < longestAtOnce;
}

/** Whether it has failed, and was not asked to end (by SIGHUP, SIGINT, SIGKILL or SIGTERM, as a shell tells it). */
export function hasFailed(outcome: Outcome): boolean {
  const code = outcome.get('exit-code');
  return code !== undefined && code !== '0' && !['129', '130', '137', '143'].includes(code);
}

/** In ms: on a machine that has much to do a program takes long to get that far. */
const longestAtOnce = 30_000;
