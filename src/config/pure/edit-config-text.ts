import { parse } from 'smol-toml';
import { appKey } from '../../domain/config/model.ts';
import { type ConfigKey, type ConfigSection, describeKey } from './config-key.ts';
import { setTomlKey, unsetTomlKey, valueSpan } from './edit-toml.ts';
import type { TomlLiteral } from './toml-spelling.ts';

/** A change of one key; without a value it is taken out. */
export interface ConfigEdit extends ConfigKey {
  readonly value?: TomlLiteral | undefined;
}

/** Makes changes one after the other in the text of a config file, which must be valid. */
export function editConfigText(text: string, edits: readonly ConfigEdit[]): string {
  return edits.reduce((changed, edit) => {
    const path = tomlPath(changed, edit);
    return edit.value === undefined ? unsetTomlKey(changed, path) : setTomlKey(changed, path, edit.value);
  }, text);
}

/** The value of a key as the text has it, quotes and all; undefined where it has none. */
export function writtenValue(text: string, target: ConfigKey): string | undefined {
  const span = valueSpan(text, tomlPath(text, target));
  return span && text.slice(span.start, span.end);
}

/** The keys that the text sets in a section. */
export function keysInText(text: string, section: ConfigSection): readonly ConfigKey[] {
  if (section.kind === 'top') return [];
  const path = tomlPath(text, { section, key: '' }).slice(0, -1);
  const content = path.reduce((table, name) => asTable(table[name]), asTable(parse(text)));
  return Object.keys(content).map((key) => ({ section, key }));
}

/** Where a key stands or would stand. An app's section may be named with or without ".desktop"; a new one is without. */
function tomlPath(text: string, { section, key }: ConfigKey): string[] {
  if (section.kind === 'top') return [key];
  if (!('name' in section)) return [section.kind, key];
  if (section.kind === 'profile') return ['profile', section.name, key];
  const wanted = appKey(section.name);
  const spelled = Object.keys(asTable(parse(text)['app'])).find((name) => appKey(name) === wanted);
  return ['app', spelled ?? wanted, key];
}

function asTable(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** What an edit does, in words: `set firefox memory-max`. */
export function describeEdit(edit: ConfigEdit): string {
  return `${edit.value === undefined ? 'unset' : 'set'} ${describeKey(edit)}`;
}
