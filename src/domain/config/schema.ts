import * as v from 'valibot';
import { judgeBusCall, judgeBusName } from '../bus-names.ts';
import { type BudgetName, budgetNames, readBudget } from '../desktop-budget.ts';
import { type LimitName, limitNames, type ParsedLimit, readLimit } from '../limits.ts';
import { nearestName } from '../nearest-name.ts';
import { type NoticeName, noticeNames } from '../notices.ts';
import { type ListKey, listKeys, retiredKeys, type SwitchKey, switchKeys, switchWords } from '../sandbox-choices.ts';
import { judgePathText, judgeVariableName } from './path-text.ts';

/** An array is an object to valibot, but not to whoever writes `[[app]]`. */
const anyTable = v.custom<Record<string, unknown>>(isTable, 'expected a table');

const trueOrFalse = v.boolean('expected true or false');

const switchSchemas: Partial<Record<SwitchKey, v.GenericSchema<unknown, boolean>>> = {
  home: inWords('home', 'expected "own" (kept from start to start) or "none" (gone at the end)'),
  wayland: inWords('wayland', 'expected "safe" (only where the compositor keeps programs apart) or "unsafe" (by any)'),
};

function inWords(key: SwitchKey, expected: string): v.GenericSchema<unknown, boolean> {
  const words = switchWords(key) ?? ['true', 'false'];
  return v.pipe(
    v.picklist(words, expected),
    v.transform((word) => word === words[0]),
  );
}

const judges: Readonly<Record<ListKey, (text: string) => string | undefined>> = {
  'shared-folders': (text) => judgePathText(text.replace(/:ro$/, '')),
  'pass-environment': judgeVariableName,
  'own-names': (text) => judgeBusName(text, 'own'),
  'talk-names': judgeBusCall,
};

/**
 * What a config file may hold. Messages are the last part of an error and finish the sentence "line 7:
 * profile.browser.memory-max: …". Limits come out parsed.
 */
export const fileSchema = table('', {
  'default-profile': v.optional(profileName('the name of a profile in quotes, such as "relaxed"')),
  profile: v.optional(
    tablesByName(
      table('profile', {
        base: v.optional(profileName('the name of another profile in quotes, such as "relaxed"')),
        ...limitEntries(),
        ...sandboxEntries(),
      }),
      /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
      'a profile name has letters, digits, and - _ . inside',
    ),
  ),
  app: v.optional(
    tablesByName(
      table('app', {
        profile: v.optional(profileName('the name of a profile in quotes')),
        ...limitEntries(),
        ...sandboxEntries(),
      }),
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      /^[^/\u0000-\u001F\u007F]{1,255}$/,
      'an app is named as its desktop file is, without a folder',
    ),
  ),
  desktop: v.optional(table('desktop', budgetEntries())),
  notifications: v.optional(table('notifications', noticeEntries())),
});

type LimitSchema = v.GenericSchema<unknown, ParsedLimit>;

function limitEntries(): Record<LimitName, v.OptionalSchema<LimitSchema, undefined>> {
  const entries = limitNames.map((name) => [name, v.optional(limit(name))] as const);
  return Object.fromEntries(entries) as Record<LimitName, v.OptionalSchema<LimitSchema, undefined>>;
}

type SandboxEntries = Record<SwitchKey, v.OptionalSchema<v.GenericSchema<unknown, boolean>, undefined>> &
  Record<ListKey, v.OptionalSchema<v.GenericSchema<unknown, readonly string[]>, undefined>>;

function sandboxEntries(): SandboxEntries {
  return Object.fromEntries([
    ...switchKeys.map((key) => [key, v.optional(switchSchemas[key] ?? trueOrFalse)]),
    ...listKeys.map((key) => [key, v.optional(words(key))]),
  ]) as SandboxEntries;
}

/** A list of texts, each of which must stand by itself. */
function words(key: ListKey): v.GenericSchema<unknown, readonly string[]> {
  const judge = judges[key];
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const { value } = dataset;
      const isList = Array.isArray(value) && value.every((word) => typeof word === 'string');
      const list: readonly string[] = isList ? value : [];
      const wrong = list.find((word) => judge(word) !== undefined);
      if (isList && wrong === undefined) return list;
      const reason = wrong === undefined ? '' : (judge(wrong) ?? '');
      const shown = reason.includes(show(wrong)) ? reason : `${show(wrong)}: ${reason}`;
      addIssue({ message: isList ? shown : 'expected a list of texts, such as ["~/Music"]' });
      return NEVER;
    }),
  );
}

type BudgetEntries = Record<BudgetName, v.OptionalSchema<LimitSchema, undefined>>;

function budgetEntries(): BudgetEntries {
  const entries = budgetNames.map((name) => [name, v.optional(amount((text) => readBudget(name, text)))] as const);
  return Object.fromEntries(entries) as BudgetEntries;
}

type NoticeEntries = Record<NoticeName, v.OptionalSchema<typeof trueOrFalse, undefined>>;

function noticeEntries(): NoticeEntries {
  return Object.fromEntries(noticeNames.map((name) => [name, v.optional(trueOrFalse)])) as NoticeEntries;
}

function limit(name: LimitName): LimitSchema {
  return amount((text) => readLimit(name, text));
}

/** A text, or a plain TOML integer. */
function amount(reader: (text: string) => ReturnType<typeof readLimit>): LimitSchema {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const written = dataset.value;
      const isWhole = typeof written === 'bigint' || Number.isSafeInteger(written);
      const text = typeof written === 'string' || isWhole ? String(written) : undefined;
      const read = reader(text ?? '');
      if (!('problem' in read)) return read;
      addIssue({
        message: text === undefined ? `${read.problem}, in quotes` : `${read.problem}, not ${show(written)}`,
      });
      return NEVER;
    }),
  );
}

function profileName(expected: string): v.GenericSchema<unknown, string> {
  return v.pipe(v.string(`expected ${expected}`), v.nonEmpty(`expected ${expected}`));
}

function table<E extends v.ObjectEntries>(section: string, entries: E) {
  const known = Object.keys(entries);
  const strict = v.strictObject(entries, (issue) => {
    const key = String(issue.input);
    // `[app.org.gnome.gedit]` is a table inside a table inside a table.
    if (section !== '' && isTable(issue.path?.[0]?.value))
      return `write a name with dots in quotes: [${section}."a.b"]`;
    const instead = section === '' ? undefined : retiredKeys.get(key);
    if (instead !== undefined) return `this key is gone: ${instead}`;
    const near = nearestName(key, known);
    return near === undefined ? `unknown key (known: ${known.join(', ')})` : `unknown key, did you mean ${near}?`;
  });
  return v.pipe(anyTable, strict);
}

/** Refuses names that an object keeps for itself: valibot would leave them out without a word. */
function tablesByName<S extends v.GenericSchema>(entry: S, names: RegExp, rule: string) {
  return v.pipe(
    anyTable,
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      for (const [key, value] of Object.entries(dataset.value)) {
        if (names.test(key) && !['__proto__', 'prototype', 'constructor'].includes(key)) continue;
        addIssue({
          message: rule,
          path: [{ type: 'object', origin: 'key', input: dataset.value, key, value }],
        });
      }
    }),
    v.record(v.string(), entry),
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
