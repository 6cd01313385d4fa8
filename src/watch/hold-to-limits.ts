import type { Report } from '../domain/report.ts';
import { limitsInForce } from '../launch/judge-scope.ts';
import { limitProperties } from '../launch/pure/scope-properties.ts';
import type { Place } from './ports.ts';
import { heldLimits, limitsOfInstance } from './pure/left-scope.ts';
import { readBack, type SteerPorts } from './steer.ts';

/**
 * Gives a scope that an app has made for itself the limits of its instance, and reads them back. Returns what the kernel holds the
 * instance's own scope to and not this one: config name → why.
 * @throws what a call to systemd throws
 */
export async function holdToLimits(
  place: Place,
  { unit, rows }: Report,
  { systemd, cgroups, host, scopeCgroup }: SteerPorts & { scopeCgroup(unit: string): string },
): Promise<Map<string, string>> {
  const limits = limitsOfInstance(rows, limitsInForce(scopeCgroup(unit), cgroups), host());
  if (limits.length === 0) return new Map();
  await systemd.setProperties(place.unit, limitProperties(limits));
  const judgements = await readBack(heldLimits(limits, rows), place.cgroup, cgroups);
  return new Map(
    [...judgements].flatMap(([name, judged]) => (judged.state === 'not-enforced' ? [[name, judged.reason]] : [])),
  );
}
