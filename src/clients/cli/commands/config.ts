import { editConfig } from '../../../config/edit-config.ts';
import { configPlaces, readSources } from '../../../config/io/config-store.ts';
import { forgetKept } from '../../../config/keep-limits.ts';
import { type ConfigSection, describeKey } from '../../../config/pure/config-key.ts';
import type { ConfigWarning } from '../../../config/pure/config-warnings.ts';
import { type ConfigEdit, keysInText } from '../../../config/pure/edit-config-text.ts';
import { type EffectiveSetting, effectiveSettings, writtenSettings } from '../../../config/pure/effective-settings.ts';
import type { Config } from '../../../domain/config/model.ts';
import { readConfig } from '../../../domain/config/read-config.ts';
import { describeOrigin } from '../../../domain/config/setting.ts';
import { RingfenceError } from '../../../domain/errors.ts';
import type { Command, Context } from '../command.ts';
import { resolveSection } from '../config-section.ts';
import { profileOfEnabled } from '../profile-of-app.ts';
import { readAssignments, readConfigWords, readKeys } from '../pure/config-words.ts';
import { columns } from '../terminal.ts';
import { configEdits, userConfigReport } from '../user-config.ts';

type Verb = (words: readonly string[], context: Context, json: boolean) => Promise<number>;

const verbs: Readonly<Record<string, Verb>> = { get, set, unset, check };

/** `ringfence config get|set|unset|check` */
export const configCommand: Command = {
  name: 'config',
  operands: 'get|set|unset|check [APP|profile.NAME|desktop|notifications] [KEY] [VALUE...]',
  summary: 'show, change and check limits and profiles',
  details:
    '"set" and "unset" change one line of ~/.config/ringfence/config.toml and keep the order, comments and spacing of the rest. A change\n' +
    'that would make the file invalid is refused. It takes effect at the next start of the app. Use app.ID for an app that is not\n' +
    'installed. "desktop" is what all apps together may use, "notifications" what you are told of; both take effect at once. "get" shows\n' +
    'the settings of an app, a profile or one of these and where they come from; without arguments, everything that is set. "check" looks for mistakes. See ringfence.toml(5) for all keys.',
  statusOne: '"config check" found a mistake; "config get" found nothing set',
  options: {},
  examples: [
    'ringfence config set firefox memory-max 4G',
    'ringfence config set profile.browser base=relaxed memory-max=4G cpu-quota=300%',
    'ringfence config set firefox profile browser',
    'ringfence config set default-profile browser',
    'ringfence config set desktop apps-memory-max 80%',
    'ringfence config set notifications cpu-limit false',
    'ringfence config get firefox',
    'ringfence config unset firefox memory-max',
    'ringfence config check',
  ],
  async run(words, context) {
    const [verb = '', ...rest] = words.positionals;
    const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (act === undefined) {
      throw new RingfenceError('InvalidArgument', 'cannot use config: expected get, set, unset or check');
    }
    return act(rest, context, words.flag('json'));
  },
};

async function get(words: readonly string[], context: Context, json: boolean): Promise<number> {
  const { environment, terminal } = context;
  const config = readGoodConfig(environment);
  if (words.length === 0) {
    const rows = writtenSettings(config);
    if (rows.length === 0 && !json) terminal.warn('nothing is set; the built-in profiles apply');
    printRows(rows, terminal, json);
    return 0;
  }
  const named = readConfigWords('get', words);
  const section = await resolveSection(named, context);
  const keys = readKeys(section, named.rest).map(({ key }) => key);
  const enabled = section.kind === 'app' ? profileOfEnabled(section.name, context) : undefined;
  const holding = effectiveSettings(config, section, enabled);
  const rows = holding.filter(({ key }) => keys.length === 0 || keys.includes(key));
  if (keys.length === 1 && !json) {
    for (const { value } of rows) terminal.print(value);
    const [key = ''] = keys;
    if (rows.length === 0) terminal.warn(`ringfence: nothing sets ${describeKey({ section, key })}`);
  } else printRows(rows, terminal, json);
  return rows.length === 0 ? 1 : 0;
}

async function set(words: readonly string[], context: Context, json: boolean): Promise<number> {
  const named = readConfigWords('set', words);
  const section = await resolveSection(named, context);
  const edits = readAssignments(section, named.rest);
  requireBase(section, edits, context);
  return edit(edits, context, json);
}

/** A new profile is made in one command. */
function requireBase(section: ConfigSection, edits: readonly ConfigEdit[], { environment }: Context): void {
  if (section.kind !== 'profile' || edits.some(({ key }) => key === 'base')) return;
  const { config, errors } = readConfig(readSources(configPlaces(environment)));
  if (errors.length > 0 || config.profiles.has(section.name)) return;
  const words = edits.map(({ key, value }) => `${key}=${String(value)}`).join(' ');
  throw new RingfenceError(
    'NoSuchProfile',
    `cannot set profile.${section.name}: it does not exist yet, and a new profile needs a base: ` +
      `"ringfence config set profile.${section.name} base=relaxed ${words}"`,
  );
}

async function unset(words: readonly string[], context: Context, json: boolean): Promise<number> {
  const named = readConfigWords('unset', words);
  const section = await resolveSection(named, context);
  const keys = named.rest.length > 0 ? readKeys(section, named.rest) : ownKeys(section, context);
  return edit(keys, context, json);
}

/** All that the user's own file sets for an app or a profile. */
function ownKeys(section: ConfigSection, { environment }: Context) {
  const { file, sources } = configEdits(environment);
  const own = sources().find(({ path }) => path === file);
  if (own !== undefined && 'error' in own) throw own.error;
  const [error] = own === undefined ? [] : readConfig([own]).errors;
  if (error !== undefined) throw error;
  return own === undefined ? [] : keysInText(own.text, section);
}

async function edit(edits: readonly ConfigEdit[], context: Context, json: boolean): Promise<number> {
  const { environment, terminal } = context;
  const ports = configEdits(environment);
  const { changed } = await editConfig(edits, ports);
  forgetKept(edits, ports);
  const rows = edits.map((one) => ({
    ...keyJson(one),
    ...(one.value === undefined ? {} : { value: jsonValue(one.value) }),
  }));
  if (json) {
    terminal.printJson({ file: ports.file, changed, keys: rows });
  } else if (!changed) {
    terminal.warn(
      edits.some(({ value }) => value !== undefined)
        ? 'nothing changed: it was set already'
        : 'nothing changed: it was not set',
    );
  } else
    terminal.print(columns(edits.map((one) => [describeKey(one), terminal.paint('dim', stateOf(one, ports.file))])));
  const { problems, warnings } = userConfigReport(environment);
  const isOwn = ({ app, profile }: ConfigWarning) =>
    edits.some(({ section }) => 'name' in section && section.name === (section.kind === 'app' ? app : profile));
  const own = warnings.filter(isOwn).map(({ message }) => message);
  for (const message of [...problems, ...own]) terminal.warn(`ringfence: ${message}`);
  return 0;
}

function stateOf({ value }: { readonly value?: unknown }, file: string): string {
  return value === undefined ? `removed from ${file}` : `${String(value)}, saved in ${file}`;
}

async function check(words: readonly string[], { environment, terminal }: Context, json: boolean): Promise<number> {
  if (words.length > 0)
    throw new RingfenceError(
      'InvalidArgument',
      `cannot check the config: unexpected argument ${JSON.stringify(words[0])}`,
    );
  const { files, problems, warnings } = userConfigReport(environment);
  if (json) terminal.printJson({ files, errors: problems, warnings });
  else {
    const { paint } = terminal;
    const words = {
      read: (path: string) => [paint('green', 'no errors'), path],
      // Neither file has to be there.
      missing: (path: string) => [paint('dim', 'not there'), `${path} ${paint('dim', '(optional)')}`],
      faulty: (path: string) => [paint('red', 'faulty'), path],
    };
    terminal.print(columns(files.map(({ path, state }) => words[state](path))));
    for (const message of [...problems, ...warnings.map((one) => one.message)]) terminal.warn(`ringfence: ${message}`);
  }
  return problems.length > 0 ? 1 : 0;
}

/** While a file is faulty, what holds is not what the files say. */
function readGoodConfig(environment: Context['environment']): Config {
  const { config, errors } = readConfig(readSources(configPlaces(environment)));
  if (errors[0] !== undefined) throw errors[0];
  return config;
}

function printRows(rows: readonly EffectiveSetting[], terminal: Context['terminal'], json: boolean): void {
  if (json) {
    const documents = rows.map((row) => ({ ...keyJson(row), value: row.value, origin: describeOrigin(row.origin) }));
    terminal.printJson(documents);
  } else if (rows.length > 0) {
    terminal.print(
      columns(rows.map((row) => [describeKey(row), row.value, terminal.paint('dim', describeOrigin(row.origin))])),
    );
  }
}

/** JSON has no bigint, and the ones of a config are small. */
function jsonValue(value: NonNullable<ConfigEdit['value']>): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function keyJson({ section, key }: Pick<EffectiveSetting, 'section' | 'key'>): Record<string, string> {
  if (section.kind === 'top') return { key };
  if (!('name' in section)) return { section: section.kind, key };
  return { [section.kind]: section.name, key };
}
