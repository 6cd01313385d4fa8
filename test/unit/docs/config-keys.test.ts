import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sectionKeys } from '../../../src/config/pure/config-key.ts';
import { readConfig } from '../../../src/domain/config/read-config.ts';
import { fileSchema } from '../../../src/domain/config/schema.ts';
import { limitNames } from '../../../src/domain/limits.ts';
import { listKeys, resolveChoices, switchKeys, switchWords } from '../../../src/domain/sandbox-choices.ts';

const page = readFileSync(new URL('../../../docs/ringfence.toml.md', import.meta.url), 'utf8');
const section = (title: string) => page.split(new RegExp(`^#+ ${title}\n`, 'm'))[1]?.split(/^#/m)[0] ?? '';
const rows = (title: string) =>
  [...section(title).matchAll(/^\| `([a-z0-9-]+)` \| (.*?) \|/gm)].map(([, key = '', second = '']) => [key, second]);
const keys = (title: string) => rows(title).map(([key]) => key);
const items = [...section('Keys').matchAll(/^`([^`]+)`\n: /gm)].map(([, key = '']) => key);

/** The keys that the schema takes: at the top, and in a table of this name. */
interface Entries {
  readonly entries: Readonly<Record<string, { readonly wrapped?: Piped }>>;
}
interface Piped {
  readonly pipe: readonly (Partial<Entries> & { readonly value?: { readonly pipe: readonly Partial<Entries>[] } })[];
}
const top = (fileSchema as unknown as Piped).pipe.find((one) => 'entries' in one) as Entries;
const inTable = (name: string) =>
  Object.keys(
    top.entries[name]?.wrapped?.pipe.find((one) => one.value !== undefined)?.value?.pipe.find((one) => 'entries' in one)
      ?.entries ?? {},
  );

describe('docs/ringfence.toml.md', () => {
  it('names every key that the schema takes, and no other', () => {
    expect(items).toEqual([
      'default-profile',
      '[profile.NAME]',
      'base',
      '[app.NAME]',
      'profile',
      '[desktop]',
      '[notifications]',
    ]);
    expect(keys('Limits')).toEqual([...limitNames]);
    expect(keys('Sandbox')).toEqual([...switchKeys, ...listKeys]);
    expect(Object.keys(top.entries).sort()).toEqual(['app', 'default-profile', 'desktop', 'notifications', 'profile']);
    for (const [title, name] of [
      ['The desktop', 'desktop'],
      ['Notifications', 'notifications'],
    ] as const) {
      const table = top.entries[name]?.wrapped?.pipe.find((one) => 'entries' in one);
      expect(keys(title)).toEqual(Object.keys(table?.entries ?? {}));
    }
    const shared = [...keys('Limits'), ...keys('Sandbox')];
    expect(inTable('profile').sort()).toEqual(['base', ...shared].sort());
    expect(inTable('app').sort()).toEqual(['profile', ...shared].sort());
  });

  it('names the keys that "ringfence config" sets', () => {
    expect([...sectionKeys('profile')].sort()).toEqual(inTable('profile').sort());
    expect([...sectionKeys('app')].sort()).toEqual(inTable('app').sort());
    expect(sectionKeys('desktop')).toEqual(keys('The desktop'));
    expect(sectionKeys('notifications')).toEqual(keys('Notifications'));
    expect(sectionKeys('top')).toEqual(['default-profile']);
  });

  it('has the defaults of the sandbox', () => {
    const { lists, ...switches } = resolveChoices([]);
    const defaults = Object.entries({ ...switches, ...lists }).map(([key, initial]) => [
      key,
      // Some switches are written in words of their own.
      `\`${JSON.stringify(switchWords(key)?.[initial === true ? 0 : 1] ?? initial)}\``,
    ]);
    expect(rows('Sandbox')).toEqual(defaults);
  });

  it('has examples that are correct', () => {
    const examples = [...page.matchAll(/^```toml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
    expect(examples).toHaveLength(2);
    for (const text of examples) expect(readConfig([{ path: '/example', text }]).errors).toEqual([]);
  });
});
