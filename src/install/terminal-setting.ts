import type { DesktopSettings } from './ports.ts';

/** One setting that was changed: what it was and what it was set to, as GVariant text. */
export interface ChangedSetting {
  readonly terminal: string;
  readonly schema: string;
  readonly key: string;
  readonly before: string;
  readonly ours: string;
}

/** What became of one terminal. */
export interface TerminalOutcome {
  readonly terminal: string;
  readonly state: 'enabled' | 'unchanged' | 'disabled' | 'edited';
}

/** Where the changed settings are kept. */
export interface ChangedSettings {
  read(): readonly ChangedSetting[];
  /** None is no file. */
  write(settings: readonly ChangedSetting[]): void;
}

/**
 * Makes `ringfence-shell` (an absolute path) the command of every new tab of the terminals installed here, in their default
 * profile. What was set before is written down first.
 */
export async function enableTerminals(
  shell: string,
  settings: DesktopSettings,
  store: ChangedSettings,
): Promise<TerminalOutcome[]> {
  const outcomes: TerminalOutcome[] = [];
  for (const terminal of terminals) {
    const wanted = await terminal.wanted(shell, settings);
    if (wanted.length === 0) continue;
    const changes: ChangedSetting[] = [];
    for (const each of wanted) {
      const before = await settings.get(each.schema, each.key);
      if (before !== undefined && before !== each.ours) changes.push({ terminal: terminal.name, ...each, before });
    }
    store.write(noteChanges(store.read(), changes));
    for (const { schema, key, ours } of changes) await settings.set(schema, key, ours);
    outcomes.push({ terminal: terminal.name, state: changes.length > 0 ? 'enabled' : 'unchanged' });
  }
  return outcomes;
}

// A value that was ours already, of a shell in another place, is not what the user had.
function noteChanges(known: readonly ChangedSetting[], changes: readonly ChangedSetting[]): ChangedSetting[] {
  const isSame = (one: ChangedSetting, other: ChangedSetting) => one.schema === other.schema && one.key === other.key;
  const kept = known.filter((one) => !changes.some((change) => isSame(one, change)));
  const noted = changes.map((change) => {
    const earlier = known.find((one) => isSame(one, change));
    return earlier?.ours === change.before ? { ...change, before: earlier.before } : change;
  });
  return [...kept, ...noted];
}

/** Sets everything back as it was; what the user changed since stays as the user wants it. */
export async function disableTerminals(settings: DesktopSettings, store: ChangedSettings): Promise<TerminalOutcome[]> {
  const outcomes = new Map<string, TerminalOutcome>();
  for (const { terminal, schema, key, before, ours } of store.read()) {
    const isOurs = (await settings.get(schema, key)) === ours;
    // A value that is the default again must not stay as one that the user set.
    if (isOurs && unset.includes(before)) await settings.reset(schema, key);
    else if (isOurs) await settings.set(schema, key, before);
    const edited = !isOurs || outcomes.get(terminal)?.state === 'edited';
    outcomes.set(terminal, { terminal, state: edited ? 'edited' : 'disabled' });
  }
  store.write([]);
  return [...outcomes.values()];
}

const unset = ['false', "''", '@as []', '[]'];

interface KnownTerminal {
  readonly name: string;
  /** Empty when the terminal is not installed. */
  wanted(
    shell: string,
    settings: DesktopSettings,
  ): Promise<{ readonly schema: string; readonly key: string; readonly ours: string }[]>;
}

const terminals: readonly KnownTerminal[] = [
  profiled('GNOME Terminal', {
    list: ['org.gnome.Terminal.ProfilesList', 'default'],
    schema: (id) => `org.gnome.Terminal.Legacy.Profile:/org/gnome/terminal/legacy/profiles:/:${id}/`,
  }),
  profiled('Ptyxis', {
    list: ['org.gnome.Ptyxis', 'default-profile-uuid'],
    schema: (id) => `org.gnome.Ptyxis.Profile:/org/gnome/Ptyxis/Profiles/${id}/`,
  }),
  {
    name: 'Console',
    wanted: async (shell, settings) => {
      const place = { schema: 'org.gnome.Console', key: 'shell' };
      return (await settings.get(place.schema, place.key)) === undefined
        ? []
        : [{ ...place, ours: `[${['/bin/sh', '-c', shellOrNone, shell].map(quote).join(', ')}]` }];
    },
  },
];

/**
 * Becomes ringfence-shell ($0), or the user's shell where it is gone: a terminal that cannot start its command has no tabs, and a package
 * that is removed does not touch these settings. No quotes in it, as terminals (g_shell_parse_argv(3)) and GVariant add theirs.
 */
const shellOrNone =
  'set -f; IFS=; [ -x $0 ] && exec $0; echo Ringfence is gone and this tab has no fence. Install it again, ' +
  'or take its command out of the preferences of this terminal. >&2; [ -x $SHELL ] && exec $SHELL; exec /bin/sh';

/** A terminal whose profiles have "use-custom-command" and "custom-command", a command line in shell quoting. */
function profiled(
  name: string,
  where: { readonly list: readonly [schema: string, key: string]; schema(id: string): string },
): KnownTerminal {
  return {
    name,
    async wanted(shell, settings) {
      const id = /^'([\w-]+)'$/.exec((await settings.get(...where.list)) ?? '')?.[1];
      if (id === undefined) return [];
      const schema = where.schema(id);
      return [
        {
          schema,
          key: 'custom-command',
          ours: quote(`/bin/sh -c "${shellOrNone}" ${shell.replace(/[^\w/.-]/g, '\\$&')}`),
        },
        { schema, key: 'use-custom-command', ours: 'true' },
      ];
    },
  };
}

/** GVariant text of a string, as gsettings prints one without quotes of its own in it. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
