#!/usr/bin/env node
// Typings for the window (src/window) of GTK 4.8 and libadwaita 1.2, which Debian 12 has, in out/typings: npm's oldest, of 4.10 and 1.3,
// without what these two brought. So a newer class, method or property is an error of "npm run types".
// usage: window-typings.mjs                   writes out/typings where it is not up to date
//        window-typings.mjs --compare FOLDER  makes window-typings.txt anew: what the typings have and the GIR files of Debian 12 have not
//                                             (Gtk-4.0.gir and Adw-1.gir in FOLDER, from libgtk-4-dev and libadwaita-1-dev)
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const list = join(here, 'window-typings.txt');
const out = join(root, 'out/typings');
const modules = [
  { space: 'Gtk', gir: 'Gtk-4.0.gir', name: 'gtk-4.0' },
  { space: 'Adw', gir: 'Adw-1.gir', name: 'adw-1' },
];
/** What the typings have on their own account. */
const ownOfTypings =
  /^(static|constructor|_init|(dis)?connect|connect_after|emit|new|name|set_property|interface|__\w+__|parent(_instance)?|g_iface|type|activate(_action)?)$/;
const sourceOf = ({ name }) => join(root, `node_modules/@girs/${name}/${name}.d.ts`);

if (process.argv[2] === '--compare') compare(process.argv[3]);
else writeTypings();

function writeTypings() {
  const inputs = [...modules.map(sourceOf), list, fileURLToPath(import.meta.url)].map((file) => statSync(file).mtimeMs);
  const outputs = modules.map(({ name }) => join(out, `${name}.d.ts`));
  if (outputs.every((file) => existsSync(file) && statSync(file).mtimeMs > Math.max(...inputs))) return;
  const later = readList();
  mkdirSync(out, { recursive: true });
  for (const [index, module] of modules.entries()) {
    const kept = parse(sourceOf(module)).flatMap((part) => keep(part, later.get(`${module.space}.${part.type}`)));
    writeFileSync(outputs[index], `${kept.join('\n')}\n`);
  }
}

/** Lines of the list: "Adw.Banner" is a type that came later, "Gtk.Button can_shrink …" names things that a type got later. */
function readList() {
  const lines = readFileSync(list, 'utf8').split('\n');
  const words = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(' '));
  return new Map(words.map(([type, ...members]) => [type, new Set(members)]));
}

/** The lines of a declaration without what came later; none for a type that did. */
function keep({ parts }, later) {
  if (later?.size === 0) return [];
  return parts.flatMap(({ word, lines }) => (word !== undefined && later?.has(word) ? [] : lines));
}

/**
 * A file of @girs as its declarations, without comments and the imports of its neighbours, each with its members: a member's word and its lines, or lines that are none.
 * Members are indented by four, and by eight in a "module", which has the properties of the constructor of the class of its name.
 */
function parse(file) {
  const declarations = [{ parts: [] }];
  let depth = 4;
  const text = readFileSync(file, 'utf8').replace(/^ *\/\*\*[\s\S]*?\*\/\n|^import '.*\n/gm, '');
  for (const line of text.split('\n')) {
    const begins = /^(?:abstract )?(class|interface|enum|module|function|const|type) (\w+)/.exec(line);
    if (begins !== null) {
      declarations.push({ kind: begins[1], type: begins[2], parts: [] });
      depth = begins[1] === 'module' ? 8 : 4;
    } else if (/^[^\s}]/.test(line)) declarations.push({ parts: [] });
    const { kind, parts } = declarations.at(-1);
    const member = new RegExp(`^ {${depth}}(?:static |readonly )*(\\w+)`).exec(line)?.[1];
    const isMember = member !== undefined && ['class', 'interface', 'enum', 'module'].includes(kind);
    parts.push({ word: isMember ? snake(member) : undefined, lines: [line] });
  }
  return declarations;
}

/** "vfunc_use_underline", "use-underline" and "USE_UNDERLINE" as "use_underline". */
function snake(name) {
  return name
    .replace(/^vfunc_/, '')
    .replace(/-/g, '_')
    .toLowerCase();
}

function compare(folder) {
  const later = new Map();
  for (const module of modules) {
    const floor = girTypes(join(folder, module.gir));
    for (const { kind, type, parts } of parse(sourceOf(module))) {
      if (type === undefined || kind === 'type') continue;
      const name = `${module.space}.${type}`;
      const known = floor.get(type);
      if (known === undefined && !ownOfTypings.test(type)) later.set(name, new Set());
      const words = parts.flatMap(({ word }) => (word === undefined || known?.has(word) !== false ? [] : [word]));
      const added = words.filter((word) => !ownOfTypings.test(word));
      if (added.length > 0) later.set(name, new Set([...(later.get(name) ?? []), ...added]));
    }
  }
  const lines = [...later].map(([name, members]) => [name, ...[...members].sort()].join(' ')).sort();
  const head = readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#'));
  writeFileSync(list, `${[...head, ...lines].join('\n')}\n`);
}

/** The types of a GIR file with the names of all that each has: "Button" → "label", "get_label", "clicked" … */
function girTypes(file) {
  const text = readFileSync(file, 'utf8').replace(/<doc[\s\S]*?<\/doc[^>]*>/g, '');
  const kinds = 'class|interface|record|union|enumeration|bitfield|callback|function|constant|alias';
  const blocks = new RegExp(`^ {4}<(?:${kinds}) name="(\\w+)"([\\s\\S]*?)(?=^ {4}<\\w)`, 'gm');
  const types = [...`${text}\n    <end`.matchAll(blocks)].map(([, type, body]) => {
    const inner = [...body.matchAll(/^ {6}<[\w:-]+ name="([\w-]+)"/gm)].map(([, name]) => snake(name));
    return [type, new Set(inner)];
  });
  const byName = new Map(types);
  // What the class's own structure has are static methods of the class.
  for (const [type, words] of types)
    for (const word of words) byName.get(type.replace(/(Class|Iface)$/, ''))?.add(word);
  return byName;
}
