import type { Setting } from './config/setting.ts';

/**
 * The config keys of the sandbox, for `[profile.*]` and `[app.*]`, with their defaults: the lists add to what an outer
 * layer says, the switches replace it. `home` is written as "own" (kept from start to start) or "none" (gone at the end), `wayland` as
 * "safe" (where the compositor keeps programs apart) or "unsafe" (by any).
 */
const sandboxKeys = {
  network: { type: 'boolean', initial: true },
  x11: { type: 'boolean', initial: true },
  wayland: { type: 'boolean', initial: true },
  sound: { type: 'boolean', initial: false },
  gpu: { type: 'boolean', initial: true },
  printing: { type: 'boolean', initial: false },
  'open-links': { type: 'boolean', initial: true },
  home: { type: 'boolean', initial: true },
  'shared-folders': { type: 'shares', initial: [] },
  'pass-environment': { type: 'variables', initial: [] },
  'own-names': { type: 'bus-names', initial: [] },
  'talk-names': { type: 'bus-calls', initial: [] },
} as const;

/** Keys of a sandbox that showed the user's own home, with what to write in their stead. */
export const retiredKeys: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'read-write-paths': 'a strict app has a home of its own now; share folders with shared-folders = ["~/Music"]',
    'read-only-paths': 'a strict app has a home of its own now; share folders with shared-folders = ["~/Music:ro"]',
    'inaccessible-paths': 'a strict app sees nothing of your home but what shared-folders names; leave this key out',
  }),
);

type KeyOf<T> = {
  [K in keyof typeof sandboxKeys]: (typeof sandboxKeys)[K]['type'] extends T ? K : never;
}[keyof typeof sandboxKeys];

/** A key of the config that is one of two things. */
export type SwitchKey = KeyOf<'boolean'>;
/** A key of the config that lists texts. */
export type ListKey = KeyOf<'shares' | 'variables' | 'bus-names' | 'bus-calls'>;

/** What one section of the config says about the sandbox; paths as they were written. */
export interface SandboxSection {
  readonly switches: ReadonlyMap<SwitchKey, Setting<boolean>>;
  readonly lists: ReadonlyMap<ListKey, readonly Setting<string>[]>;
}

/** What all sections together say about one start. `home`: it is kept. */
export interface SandboxChoices extends Readonly<Record<SwitchKey, boolean>> {
  readonly lists: Readonly<Record<ListKey, readonly Setting<string>[]>>;
}

export const switchKeys = keysOf('boolean') as SwitchKey[];
export const listKeys = Object.keys(sandboxKeys).filter((key) => !keysOf('boolean').includes(key)) as ListKey[];

/** The words for on and off of a switch that has others than "true" and "false". */
export function switchWords(key: string): readonly [on: string, off: string] | undefined {
  if (key === 'home') return ['own', 'none'];
  return key === 'wayland' ? ['safe', 'unsafe'] : undefined;
}

/** A switch as it is written. */
export function showSwitch(key: SwitchKey, value: boolean): string {
  const words = switchWords(key);
  return words === undefined ? String(value) : words[value ? 0 : 1];
}

/** Lays sections over each other, the one that wins first: a switch is the first one's that has it, lists add up. */
export function resolveChoices(sections: readonly (SandboxSection | undefined)[]): SandboxChoices {
  const said = sections.filter((section) => section !== undefined);
  const choice = (key: SwitchKey): boolean =>
    said.map(({ switches }) => switches.get(key)?.value).find((value) => value !== undefined) ??
    sandboxKeys[key].initial;
  return {
    network: choice('network'),
    x11: choice('x11'),
    wayland: choice('wayland'),
    sound: choice('sound'),
    gpu: choice('gpu'),
    printing: choice('printing'),
    'open-links': choice('open-links'),
    home: choice('home'),
    lists: Object.fromEntries(
      listKeys.map((key) => [key, said.flatMap(({ lists }) => lists.get(key) ?? [])]),
    ) as unknown as SandboxChoices['lists'],
  };
}

/** The choices for a start whose home is thrown away: of what an app is given for good, nothing. */
export function throwAway(choices: SandboxChoices, network: boolean): SandboxChoices {
  return {
    ...choices,
    network,
    sound: false,
    gpu: false,
    printing: false,
    home: false,
    lists: { ...choices.lists, 'shared-folders': [], 'talk-names': [] },
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
