import { unitObjectPath } from '../../domain/object-path.ts';
import type { BusConnection } from '../dbus/connection.ts';
import type { Args } from '../dbus/signature.ts';
import { managerName, managerObject, whenThere } from './manager-calls.ts';

/** A scope as the user manager lists it. */
export interface ScopeListing {
  readonly unit: string;
  readonly description: string;
  /** "active", "failed" … */
  readonly activeState: string;
}

const propertiesInterface = 'org.freedesktop.DBus.Properties';

/** The questions to the user manager, and how any call of it is made: again where it is away for a moment. */
export function askManager(bus: BusConnection) {
  const call = <I extends string, O extends string>(
    member: string,
    signature: I,
    args: NoInfer<Args<I>>,
    reply: O,
    { path = managerObject.path as string, iface = managerObject.interface as string, isHarmless = true } = {},
  ) =>
    whenThere(
      () => bus.call({ destination: managerName, path, interface: iface, member }, signature, args, reply),
      isHarmless,
    );
  const property = async (name: string, path?: string, iface: string = managerObject.interface) => {
    const at = { iface: propertiesInterface, ...(path === undefined ? {} : { path }) };
    const [{ value }] = await call('Get', 'ss', [iface, name], 'v', at);
    return value;
  };
  const listScopes = async (patterns: readonly string[]): Promise<ScopeListing[]> => {
    const [units] = await call('ListUnitsByPatterns', 'asas', [[], [...patterns]], 'a(ssssssouso)');
    return units.map(([unit, description, , activeState]) => ({ unit, description, activeState }));
  };
  const listOf = async (units: readonly string[]) => {
    // What means something in a pattern matches as any one character: a backslash, which escaped names have, escapes nothing here
    // (FNM_NOESCAPE). Units that match besides are nobody's question. The manager compares each with all its units.
    const patterns = units.length > 20 ? ['*.scope'] : units.map((unit) => unit.replace(/[\\*?[\]]/g, '?'));
    return listScopes(patterns);
  };
  const loadedOf = async (units: readonly string[]) => new Set((await listOf(units)).map(({ unit }) => unit));
  /** Without those that have failed: of them nothing runs, and systemd keeps the ones that others have made, for people to look at. */
  const livingOf = async (units: readonly string[]) => {
    const living = (await listOf(units)).filter(({ activeState }) => activeState !== 'failed');
    return new Set(living.map(({ unit }) => unit));
  };
  /** What has become of the scope of a job whose end nobody heard: its result, undefined while it is under way. */
  const resultOf = async (unit: string): Promise<string | undefined> => {
    const state = await property('ActiveState', unitObjectPath(unit), `${managerName}.Unit`).catch(() => 'inactive');
    if (state === 'active') return 'done';
    if (state === 'activating') return undefined;
    // Inactive is also what waits for its job, which the manager keeps when it is executed anew; its end is still to come.
    const [job] = (await property('Job', unitObjectPath(unit), `${managerName}.Unit`).catch(() => [0])) as [number];
    return job === 0 ? String(state) : undefined;
  };
  return { call, property, listScopes, loadedOf, livingOf, resultOf };
}
