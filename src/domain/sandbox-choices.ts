import type { Setting } from './config/setting.ts';

/** The three path lists of the config, by their key; each a list of absolute paths or `~/…`. */
export type PathKey = 'read-write-paths' | 'read-only-paths' | 'inaccessible-paths';

/**
 * The config keys of the sandbox, for `[profile.*]` and `[app.*]`, with their defaults: the lists add to what an outer
 * layer says, the switches replace it.
 */
const sandboxKeys = {
  network: { type: 'boolean', initial: true },
  x11: { type: 'boolean', initial: true },
  sound: { type: 'boolean', initial: false },
  'read-write-paths': { type: 'paths', initial: [] },
  'read-only-paths': { type: 'paths', initial: [] },
  'inaccessible-paths': { type: 'paths', initial: [] },
  'own-names': { type: 'bus-names', initial: [] },
  'talk-names': { type: 'bus-names', initial: [] },
} as const;

type KeyOf<T> = {
  [K in keyof typeof sandboxKeys]: (typeof sandboxKeys)[K]['type'] extends T ? K : never;
}[keyof typeof sandboxKeys];

/** A key of the config that is true or false. */
export type SwitchKey = KeyOf<'boolean'>;
/** A key of the config that lists paths or bus names. */
export type ListKey = KeyOf<'paths' | 'bus-names'>;

/** What one section of the config says about the sandbox; paths as they were written. */
export interface SandboxSection {
  readonly switches: ReadonlyMap<SwitchKey, Setting<boolean>>;
  readonly lists: ReadonlyMap<ListKey, readonly Setting<string>[]>;
}

/** What all sections together say about one start. */
export interface SandboxChoices extends Readonly<Record<SwitchKey, boolean>> {
  readonly lists: Readonly<Record<ListKey, readonly Setting<string>[]>>;
}

export const switchKeys = keysOf('boolean') as SwitchKey[];
const pathKeys = keysOf('paths') as PathKey[];
export const listKeys = [...pathKeys, ...(keysOf('bus-names') as ListKey[])];

/** Lays sections over each other, the one that wins first: a switch is the first one's that has it, lists add up. */
export function resolveChoices(sections: readonly (SandboxSection | undefined)[]): SandboxChoices {
  const said = sections.filter((section) => section !== undefined);
  const choice = (key: SwitchKey): boolean =>
    said.map(({ switches }) => switches.get(key)?.value).find((value) => value !== undefined) ??
    sandboxKeys[key].initial;
  return {
    network: choice('network'),
    x11: choice('x11'),
    sound: choice('sound'),
    lists: Object.fromEntries(
      listKeys.map((key) => [key, said.flatMap(({ lists }) => lists.get(key) ?? [])]),
    ) as unknown as SandboxChoices['lists'],
  };
}

/** One section over another of the same name in a file below. */
export function mergeSections(
  above: SandboxSection | undefined,
  below: SandboxSection | undefined,
): SandboxSection | undefined {
  if (above === undefined || below === undefined) return above ?? below;
  return {
    switches: new Map([...below.switches, ...above.switches]),
    lists: new Map(
      listKeys.flatMap((key) => {
        const list = [...(below.lists.get(key) ?? []), ...(above.lists.get(key) ?? [])];
        return list.length === 0 ? [] : [[key, list] as const];
      }),
    ),
  };
}

function keysOf(type: string): string[] {
  return Object.entries(sandboxKeys).flatMap(([key, { type: own }]) => (own === type ? [key] : []));
}
