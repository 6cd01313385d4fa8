import type { Instance } from '../domain/instance.ts';
import { instanceObjectPath } from '../domain/object-path.ts';
import { type Report, reportLine } from '../domain/report.ts';
import type { Log } from '../platform/journal/log.ts';
import { endInWords, type Outcome } from './pure/outcome.ts';

/** The journal's fields of whatever is logged about an instance. */
export function instanceFields({ app, name, unit, profile }: Report) {
  return { app: app === '' ? name : `${app}.desktop`, unit, profile, instance: instanceObjectPath(unit) };
}

/** What the log says of launches that came through. A limit that cannot be enforced here is warned of once, not at every click. */
export function launchLogger(log: Log): (instance: Instance) => void {
  const warned = new Set<string>();
  return ({ report }) => {
    const fields = instanceFields(report);
    const reasons = report.reasons.join('; ');
    log.event('app-launched', reportLine(report), { ...fields, reason: reasons === '' ? undefined : reasons });
    for (const { name, reason, fix } of report.rows.filter(({ state }) => state === 'not-enforced')) {
      if (warned.has(`${name}: ${reason}`)) continue;
      warned.add(`${name}: ${reason}`);
      const message = `${report.name} runs without ${name}: ${reason}${fix === '' ? '' : `; ${fix}`}`;
      log.event('limit-not-enforced', message, { ...fields, limit: name, reason });
    }
  };
}

/** Says how an instance ended. */
export function logEnd(log: Log, report: Report, outcome: Outcome): void {
  const words = endInWords(outcome);
  const kills = Number(outcome.get('oom-kills') ?? 0);
  log.event('instance-ended', `${report.name} ${words}`, {
    ...instanceFields(report),
    result: outcome.get('result') ?? 'unknown',
    reason: words,
    exitCode: outcome.get('exit-code'),
    signal: outcome.get('signal'),
    count: kills > 0 ? kills : undefined,
  });
}
