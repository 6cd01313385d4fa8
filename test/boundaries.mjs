#!/usr/bin/env node
// Import boundaries of src: what may import what (imports of types count too), and no cycles.
// usage: boundaries.mjs [ROOT]
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

const root = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..');

/** What holds for the files below `from`: `wrong(to, from)` tells whether the import breaks the rule. */
const rules = [
  {
    from: 'src/core/',
    says: 'core imports core, smol-toml and valibot only',
    wrong: (to) => !to.startsWith('src/core/') && !['smol-toml', 'valibot'].includes(packageOf(to)),
  },
  {
    from: 'src/adapters/',
    says: 'an adapter imports core, the ports, its own folder and adapters/dbus, no use case and no other adapter',
    wrong: (to, from) =>
      to.startsWith('src/') &&
      to !== 'src/ports.ts' &&
      !['src/core/', 'src/adapters/dbus/', `${from.split('/', 3).join('/')}/`].some((folder) => to.startsWith(folder)),
  },
  {
    from: 'src/',
    says: 'only src/adapters/dbus imports dbus-next',
    wrong: (to, from) => packageOf(to) === 'dbus-next' && !from.startsWith('src/adapters/dbus/'),
  },
];

const graph = importGraph();
const problems = [...brokenRules(graph), ...cycles(graph)];
for (const problem of problems) console.error(problem);
console[problems.length > 0 ? 'error' : 'log'](`boundaries: ${graph.size} files, ${problems.length} broken`);
process.exit(problems.length > 0 ? 1 : 0);

/** File → what it imports: files of the project as paths from its root, everything else as it is written. */
function importGraph() {
  const files = readdirSync(join(root, 'src'), { recursive: true })
    .map((name) => posix.join('src', name))
    .filter((name) => /\.[cm]?[jt]s$/.test(name));
  return new Map(files.map((file) => [file, [...importsOf(file)]]));
}

function importsOf(file) {
  const found = new Set();
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach(visit);
    const source = sourceOf(node);
    if (typeof source === 'string')
      found.add(source.startsWith('.') ? posix.join(posix.dirname(file), source) : source);
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

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function* brokenRules(graph) {
  for (const [from, imports] of graph) {
    for (const to of imports) {
      for (const rule of rules) {
        if (from.startsWith(rule.from) && rule.wrong(to, from)) yield `${from} imports ${to}: ${rule.says}`;
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
    for (const to of graph.get(file)) yield* walk(to);
    path.pop();
    done.add(file);
  }
  for (const file of graph.keys()) yield* walk(file);
}
