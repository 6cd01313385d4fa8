#!/usr/bin/env node
// Import boundaries of src: what may import what (imports of types count too, but where a rule says otherwise), no cycles, and
// no file in src itself.
// usage: boundaries.mjs [--table | ROOT]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

const [argument] = process.argv.slice(2);
const root =
  argument === undefined || argument === '--table' ? join(dirname(fileURLToPath(import.meta.url)), '..') : argument;

/**
 * The rooms of src and what each may import beside itself. ARCHITECTURE.md shows the same table (`npm run boundaries -- --table` prints
 * it); a room that is not named here is an error.
 *
 * `rooms`: other rooms. Of a feature that is its use cases, pure/ and ports.ts, never its io/; of a platform room everything.
 * `packages`: modules of npm.
 */
const table = {
  domain: { rooms: [], packages: ['smol-toml', 'valibot'] },
  platform: { rooms: ['domain'], packages: ['dbus-next', 'pino', 'systemd-journald'] },
  launch: { rooms: ['strict', 'domain', 'platform'], packages: ['valibot'] },
  strict: { rooms: ['domain', 'platform'], packages: [] },
  contain: { rooms: ['launch', 'strict', 'domain', 'platform'], packages: [] },
  watch: { rooms: ['launch', 'domain', 'platform'], packages: [] },
  config: { rooms: ['domain', 'platform'], packages: ['smol-toml', 'valibot'] },
  shadows: { rooms: ['launch', 'domain', 'platform'], packages: ['valibot'] },
  install: { rooms: ['config', 'shadows', 'strict', 'domain', 'platform'], packages: ['valibot'] },
  clients: {
    rooms: ['install', 'shadows', 'contain', 'launch', 'strict', 'config', 'domain', 'platform'],
    packages: ['get-east-asian-width'],
  },
  // It runs on gjs and asks the daemon over D-Bus: of the other rooms it has the words alone.
  window: { rooms: ['domain'], packages: ['gi:', 'gettext', 'system', 'cairo'] },
  daemon: {
    rooms: ['install', 'launch', 'strict', 'contain', 'watch', 'config', 'shadows', 'domain', 'platform'],
    packages: [],
  },
};

/** Only these see io/ and take values, not just types, from platform: they put the program together. */
const wiring = [/^src\/(daemon|clients|window)\//, /^src\/\w+\/wire-[^/]+\.ts$/];

/** What holds beside the table: `wrong(to, from, isType)` tells whether an import breaks the rule. */
const rules = [
  {
    says: 'the table in test/boundaries.mjs does not name it',
    wrong: (to, from) => {
      const own = table[roomOf(from)];
      if (to.startsWith('src/')) return roomOf(to) !== roomOf(from) && !own?.rooms.includes(roomOf(to));
      return !to.startsWith('node:') && !own?.packages.includes(packageOf(to));
    },
  },
  {
    says: 'pure/ and domain only compute: they import pure/ and domain',
    wrong: (to, from) =>
      isPure(from) && (to.startsWith('src/') ? !isPure(to) : to.startsWith('node:') && !harmless.includes(to)),
  },
  {
    says: "io/ imports its own feature's io/, pure/ and ports.ts, platform and domain",
    wrong: (to, from) =>
      isIo(from) && to.startsWith('src/') && !isPure(to) && !isIn(to, 'platform') && !isSibling(to, from),
  },
  {
    says: 'a use case imports no io/, and of platform types only: its wiring gives it the rest',
    wrong: (to, from, isType) =>
      isUseCase(from) && ((isIo(to) && !isType) || (isIn(to, 'platform') && !isType && !isWords(to))),
  },
  {
    says: 'the io/ of a feature is its own',
    wrong: (to, from) => isIo(to) && roomOf(to) !== roomOf(from) && !isWiring(from),
  },
  {
    says: 'only src/platform/dbus imports dbus-next',
    wrong: (to, from) => packageOf(to) === 'dbus-next' && !from.startsWith('src/platform/dbus/'),
  },
];

/** Node's own modules that have no effects. */
const harmless = ['node:path', 'node:os'];

function roomOf(file) {
  return file.split('/')[1];
}
function isIn(file, room) {
  return file.startsWith(`src/${room}/`);
}
function isPure(file) {
  return isIn(file, 'domain') || /^src\/\w+\/pure\//.test(file);
}
function isIo(file) {
  return /^src\/\w+\/io\//.test(file);
}
function isWiring(file) {
  return wiring.some((pattern) => pattern.test(file));
}
function isUseCase(file) {
  return !isPure(file) && !isIo(file) && !isIn(file, 'platform') && !isWiring(file);
}
function isSibling(to, from) {
  return roomOf(to) === roomOf(from) && (isIo(to) || /\/ports\.ts$/.test(to));
}
/** Parts of platform that only compute. */
function isWords(file) {
  return ['src/platform/process/gate-script.ts', 'src/platform/process/reserve.ts'].includes(file);
}

if (argument === '--table') {
  console.log(shownTable());
  process.exit(0);
}
const graph = importGraph();
const problems = [...staleTable(), ...strayFiles(graph), ...brokenRules(graph), ...cycles(graph)];
for (const problem of problems) console.error(problem);
console[problems.length > 0 ? 'error' : 'log'](`boundaries: ${graph.size} files, ${problems.length} broken`);
process.exit(problems.length > 0 ? 1 : 0);

/** File → what it imports → whether that is types only. Files of the project are paths from its root, the rest is as written. */
function importGraph() {
  const files = readdirSync(join(root, 'src'), { recursive: true })
    .map((name) => posix.join('src', name))
    .filter((name) => /\.[cm]?[jt]s$/.test(name));
  return new Map(files.map((file) => [file, importsOf(file)]));
}

function importsOf(file) {
  const found = new Map();
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach(visit);
    const source = sourceOf(node);
    if (typeof source === 'string') {
      const to = source.startsWith('.') ? posix.join(posix.dirname(file), source) : source;
      found.set(to, isTypeOnly(node) && found.get(to) !== false);
    }
    Object.values(node).forEach(visit);
  };
  visit(parseAst(readFileSync(join(root, file), 'utf8'), { lang: 'ts' }));
  return found;
}

/** The module named by a node of the syntax tree: import, export … from, import(), import('…').Type and require(). */
function sourceOf(node) {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return (node.source ?? node.argument)?.value;
    case 'CallExpression':
      return node.callee.name === 'require' ? node.arguments[0]?.value : undefined;
    default:
      return undefined;
  }
}

function isTypeOnly({ type, importKind, exportKind, specifiers = [] }) {
  if (type === 'TSImportType' || importKind === 'type' || exportKind === 'type') return true;
  return specifiers.length > 0 && specifiers.every((each) => each.importKind === 'type' || each.exportKind === 'type');
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The table as ARCHITECTURE.md shows it. */
function shownTable() {
  const rows = Object.entries(table).map(
    ([room, { rooms, packages }]) => `| ${room} | ${rooms.join(', ') || '–'} | ${packages.join(', ') || '–'} |`,
  );
  return ['| room | imports from | npm packages |', '|---|---|---|', ...rows].join('\n');
}

function* staleTable() {
  const page = join(root, 'ARCHITECTURE.md');
  if (existsSync(page) && !readFileSync(page, 'utf8').includes(`\n${shownTable()}\n`))
    yield 'ARCHITECTURE.md shows another table of imports: npm run boundaries -- --table prints this one';
}

/** Files of no room: in src itself, or in a room that the table does not name. */
function* strayFiles(graph) {
  for (const file of graph.keys()) {
    if (file.split('/').length < 3) yield `${file} is in no room`;
    else if (table[roomOf(file)] === undefined)
      yield `${file}: the table in test/boundaries.mjs names no room ${roomOf(file)}`;
  }
}

function* brokenRules(graph) {
  for (const [from, imports] of graph) {
    for (const [to, isType] of imports) {
      for (const rule of rules) {
        if (rule.wrong(to, from, isType)) yield `${from} imports ${to}: ${rule.says}`;
      }
    }
  }
}

/** Each cycle once, as a path that ends where it began. */
function* cycles(graph) {
  const done = new Set();
  const path = [];
  function* walk(file) {
    if (path.includes(file)) {
      yield `import cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`;
      return;
    }
    if (done.has(file) || !graph.has(file)) return;
    path.push(file);
    for (const to of graph.get(file).keys()) yield* walk(to);
    path.pop();
    done.add(file);
  }
  for (const file of graph.keys()) yield* walk(file);
}
