#!/usr/bin/env node
// The window's words in other languages: po/LANG.po, as gettext has them. The build makes LANG/LC_MESSAGES/ringfence.mo of each, and
// translates the desktop entry and the metainfo; nothing of gettext's is needed for it.
// usage: po.mjs   brings ringfence.pot and all LANG.po up to date with the sources: new words are empty, what is no longer used goes
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const templates = 'desktop-files/window';

/** The languages that there are. */
export function languages() {
  const names = readdirSync(here).filter((name) => name.endsWith('.po'));
  return names.map((name) => name.replace(/\.po$/, '')).sort();
}

/**
 * A language's words: a head, and by the text in the sources its translations, of which texts for a number of things have several.
 * What is marked as fuzzy is not translated.
 */
export function readPo(language) {
  const entries = parse(readFileSync(join(here, `${language}.po`), 'utf8'));
  const head = entries.find(({ id }) => id === '')?.texts[0] ?? '';
  const done = entries.filter(({ id, texts, isFuzzy }) => id !== '' && !isFuzzy && texts.every((text) => text !== ''));
  return { language, head, words: new Map(done.map(({ id, plural, texts }) => [id, { plural, texts }])) };
}

function parse(text) {
  return text.split(/\n\s*\n/).flatMap((block) => {
    const fields = new Map();
    let field;
    for (const line of block.split('\n')) {
      const [, keyword, quoted] = /^(msgid_plural|msgid|msgstr(?:\[\d\])?)?\s*("(?:[^"\\]|\\.)*")\s*$/.exec(line) ?? [];
      if (quoted === undefined) continue;
      field = keyword ?? field;
      fields.set(field, (fields.get(field) ?? '') + JSON.parse(quoted));
    }
    if (!fields.has('msgid')) return [];
    const texts = [...fields].filter(([name]) => name.startsWith('msgstr')).map(([, value]) => value);
    return [{ id: fields.get('msgid'), plural: fields.get('msgid_plural'), texts, isFuzzy: /^#,.*fuzzy/m.test(block) }];
  });
}

/**
 * A language as gettext's binary catalogue (the GNU gettext manual, "The Format of GNU MO Files"): two tables of lengths and offsets,
 * sorted by the bytes of the originals, and the texts, each with a zero behind it.
 */
export function moBytes({ head, words }) {
  const pairs = [['', head], ...[...words].map(([id, one]) => [withPlural(id, one.plural), one.texts.join('\0')])];
  const encoded = pairs.map((pair) => pair.map((text) => Buffer.from(text)));
  encoded.sort(([a], [b]) => Buffer.compare(a, b));
  const tables = Buffer.alloc(28 + encoded.length * 16);
  const [magic, originals, translations] = [0x950412de, 28, 28 + encoded.length * 8];
  for (const [index, word] of [magic, 0, encoded.length, originals, translations, 0, tables.length].entries())
    tables.writeUInt32LE(word, index * 4);
  let offset = tables.length;
  const texts = [];
  for (const [column, table] of [originals, translations].entries()) {
    for (const [index, pair] of encoded.entries()) {
      tables.writeUInt32LE(pair[column].length, table + index * 8);
      tables.writeUInt32LE(offset, table + index * 8 + 4);
      texts.push(pair[column], Buffer.of(0));
      offset += pair[column].length + 1;
    }
  }
  return Buffer.concat([tables, ...texts]);
}

function withPlural(id, plural) {
  return plural === undefined ? id : `${id}\0${plural}`;
}

const entryKeys = /^(GenericName|Comment|Keywords)=(.*)$/gm;
const metainfoElements = /^( *)<(p|li|summary|caption)>([^<]+)<\/\2>\n/gm;

/** A desktop entry with each of its words in all languages. */
export function translateEntry(text, all) {
  return text.replace(entryKeys, (line, key, value) => {
    const lines = all.map(({ language, words }) => [language, words.get(value)?.texts[0]]);
    const known = lines.filter(([, translated]) => translated !== undefined);
    return [line, ...known.map(([language, translated]) => `${key}[${language}]=${translated}`)].join('\n');
  });
}

/** AppStream metainfo, likewise. */
export function translateMetainfo(text, all) {
  return text.replace(metainfoElements, (line, indent, element, value) => {
    const lines = all.map(({ language, words }) => [language, words.get(value)?.texts[0]]);
    const known = lines.filter(([, translated]) => translated !== undefined);
    const added = known.map(([lang, said]) => `${indent}<${element} xml:lang="${lang}">${said}</${element}>\n`);
    return line + added.join('');
  });
}

/** What is to be translated: by text, its plural where it has one, and the files that say it. */
export function extract() {
  const found = new Map();
  const add = (id, plural, file) => {
    const before = found.get(id);
    found.set(id, { plural: plural ?? before?.plural, files: new Set([...(before?.files ?? []), file]) });
  };
  const template = (name) => [join(templates, name), readFileSync(join(root, templates, name), 'utf8')];
  const [entry, entryText] = template('org.ringfence.Ringfence.desktop.in');
  for (const [, , value] of entryText.matchAll(entryKeys)) add(value, undefined, entry);
  const [metainfo, metainfoText] = template('org.ringfence.Ringfence.metainfo.xml.in');
  for (const [, , , value] of metainfoText.matchAll(metainfoElements)) add(value, undefined, metainfo);
  const sources = readdirSync(join(root, 'src/window'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && one.name.endsWith('.ts'))
    .map((one) => relative(root, join(one.parentPath ?? one.path, one.name)));
  for (const file of sources.sort()) {
    for (const { id, plural } of calls(readFileSync(join(root, file), 'utf8'))) add(id, plural, file);
  }
  return found;
}

/**
 * The texts of `_('…')` and of `translatePlural('…', '…', count)`, by whichever of the names that words.ts gives them.
 * @throws Error for a call whose text is not written out, which nobody could translate
 */
export function calls(source) {
  const string = `'(?:[^'\\\\\\n]|\\\\.)*'|"(?:[^"\\\\\\n]|\\\\.)*"|\`(?:[^\`\\\\$]|\\\\.)*\``;
  const one = new RegExp(`(?<![\\w.#$])(?:_|translate)\\(\\s*(?:(${string})\\s*,?\\s*\\)|(\\S[^\\n]*))`, 'g');
  const many = new RegExp(
    `(?<![\\w.#$])(?:_n|ngettext|translatePlural)\\(\\s*(${string})\\s*,\\s*(${string})\\s*,`,
    'g',
  );
  const code = source.replace(/^export function translate.*$/gm, '');
  return [
    ...[...code.matchAll(one)].map(([, text, other]) => {
      if (text === undefined) throw new Error(`nobody can translate what is not a text: _(${other}`);
      return { id: unquote(text) };
    }),
    ...[...code.matchAll(many)].map(([, text, plural]) => ({ id: unquote(text), plural: unquote(plural) })),
  ];
}

/** The value of a string literal. */
function unquote(literal) {
  const inner = literal.slice(1, -1).replace(/\\(['`])/g, '$1');
  const escaped = literal.startsWith('"') ? inner : inner.replace(/(?<!\\)"/g, '\\"');
  return JSON.parse(`"${escaped.replace(/\n/g, '\\n')}"`);
}

function update() {
  const found = [...extract()].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = 'Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nMIME-Version: 1.0\n';
  write('ringfence.pot', head, found, () => undefined, 2);
  for (const language of languages()) {
    const { head: own, words } = readPo(language);
    write(`${language}.po`, own, found, (id) => words.get(id)?.texts, Number(/nplurals=(\d)/.exec(own)?.[1] ?? 2));
  }
}

function write(name, head, found, textsOf, forms) {
  const quote = (text) => JSON.stringify(text);
  const headLines = head
    .split('\n')
    .filter(Boolean)
    .map((line) => quote(`${line}\n`));
  const blocks = found.map(([id, { plural, files }]) => {
    const texts = textsOf(id) ?? Array(plural === undefined ? 1 : forms).fill('');
    const strings = texts.map((text, index) => `msgstr${plural === undefined ? '' : `[${index}]`} ${quote(text)}`);
    const original = [`msgid ${quote(id)}`, ...(plural === undefined ? [] : [`msgid_plural ${quote(plural)}`])];
    return [`#: ${[...files].join(' ')}`, ...original, ...strings].join('\n');
  });
  writeFileSync(join(here, name), `${[['msgid ""', 'msgstr ""', ...headLines].join('\n'), ...blocks].join('\n\n')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) update();
