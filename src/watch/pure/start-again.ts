import { isLimitName } from '../../domain/limits.ts';
import type { Report } from '../../domain/report.ts';

/**
 * The options by which an app is started as this time, whatever the configuration would give it: what was asked to be strict stays strict,
 * and with the limits that were asked for.
 */
export function startAgain({ profile, rows, once }: Report): Map<string, string> {
  const limits = rows.filter(({ name, origin }) => origin === 'request' && isLimitName(name));
  const network = rows.find(({ name }) => name === 'network')?.asked === 'true';
  return new Map([
    ['profile', profile],
    ...limits.map(({ name, asked }) => [name, asked] as const),
    ...(once ? [['once', 'yes'] as const] : []),
    ...(once && network ? [['network', 'yes'] as const] : []),
  ]);
}
