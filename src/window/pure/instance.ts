/** A running fence, as the daemon tells of it. */
export interface Instance {
  /** Its object on the bus. */
  readonly path: string;
  /** The desktop id, with ".desktop"; empty for a command. */
  readonly app: string;
  readonly name: string;
  readonly profile: string;
  /** Microseconds since 1970. */
  readonly startedAt: number;
  readonly isFrozen: boolean;
  /** Config name of a limit → its value. */
  readonly limits: Readonly<Record<string, string>>;
  /** What was asked for and what came of it. */
  readonly report: readonly Readonly<Record<string, string>>[];
}

/** The instance after a change of its properties, or a new one. What an older daemon does not tell is empty. */
export function instanceFrom(path: string, properties: Readonly<Record<string, unknown>>, before?: Instance): Instance {
  const text = (key: string, otherwise: string) => {
    const value = properties[key];
    return typeof value === 'string' ? value : otherwise;
  };
  return {
    path,
    app: text('AppId', before?.app ?? ''),
    name: text('Name', before?.name ?? '') || text('Unit', path),
    profile: text('Profile', before?.profile ?? ''),
    startedAt: Number(properties['StartedAt'] ?? before?.startedAt ?? 0),
    isFrozen: Boolean(properties['Frozen'] ?? before?.isFrozen ?? false),
    limits: (properties['Limits'] as Instance['limits'] | undefined) ?? before?.limits ?? {},
    report: (properties['Report'] as Instance['report'] | undefined) ?? before?.report ?? [],
  };
}

/** In the order of their names, and of their start where one name runs more than once. */
export function inOrder(instances: Iterable<Instance>): Instance[] {
  return [...instances].sort((a, b) => a.name.localeCompare(b.name) || a.startedAt - b.startedAt);
}
