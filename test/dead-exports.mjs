#!/usr/bin/env node
// Exports of src that no other file of src imports: dead, or exported for nothing. Those that tests import are no error (--tests
// lists them), nor is a type that another part of its own file is described with.
// usage: dead-exports.mjs [--tests | ROOT]
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

const [argument] = process.argv.slice(2);
const root =
  argument === undefined || argument === '--tests' ? join(dirname(fileURLToPath(import.meta.url)), '..') : argument;

const modules = read(['src']);
const used = namesUsed([...modules, ...read(['build.mjs', 'docs'])]);
const tested = namesUsed(read(['test', 'bench', 'demo']));

const dead = [];
const testedOnly = [];
for (const [file, { exported, described, isMentioned }] of modules) {
  for (const name of exported) {
    if (isIn(used, file, name) || described.has(name)) continue;
    // What tests alone import and its own file does not use is kept for the tests alone.
    (isIn(tested, file, name) && isMentioned(name) ? testedOnly : dead).push(`${file}: ${name}`);
  }
}
if (argument === '--tests') for (const one of testedOnly) console.log(`${one}: only tests import it`);
for (const one of dead) console.error(`${one}: nobody imports it, or tests alone`);
console[dead.length > 0 ? 'error' : 'log'](
  `dead exports: ${modules.size} files, ${dead.length} exports that nobody imports, ${testedOnly.length} that only tests do`,
);
process.exit(dead.length > 0 ? 1 : 0);

/** File → see look. */
function read(places) {
  return new Map(places.flatMap(filesIn).map((file) => [file, look(file)]));
}

/** The sources in a folder of the project, or the one file. */
function filesIn(place) {
  if (isSource(place)) return [place];
  try {
    return readdirSync(join(root, place), { recursive: true })
      .map((name) => posix.join(place, name))
      .filter(isSource);
  } catch {
    return [];
  }
}

function isSource(name) {
  return /\.[cm]?[jt]s$/.test(name) && !name.endsWith('.d.ts') && !name.includes('node_modules');
}

/** What a module exports, which of these are types that it describes something with itself, and what it takes from which others: names, or "*" for all. */
function look(file) {
  const exported = new Set();
  const imports = [];
  const types = new Set();
  const mentions = new Map();
  const from = (source, names) => {
    if (source.startsWith('.')) imports.push([posix.join(posix.dirname(file), source), names]);
  };
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach(visit);
    switch (node.type) {
      case 'Identifier':
        mentions.set(node.name, (mentions.get(node.name) ?? 0) + 1);
        break;
      case 'TSInterfaceDeclaration':
      case 'TSTypeAliasDeclaration':
        types.add(node.id.name);
        break;
      case 'Literal':
        // The build loads modules by their path.
        if (/^src\/.*\.ts$/.test(node.value)) imports.push([node.value, ['*']]);
        break;
      case 'ImportDeclaration':
        from(node.source.value, namesOfImport(node));
        break;
      case 'ExportAllDeclaration':
        from(node.source.value, ['*']);
        break;
      case 'ExportDefaultDeclaration':
        exported.add('default');
        break;
      case 'ExportNamedDeclaration':
        if (node.source)
          from(
            node.source.value,
            node.specifiers.map(({ local }) => local.name ?? local.value),
          );
        for (const { exported: name } of node.specifiers) exported.add(name.name ?? name.value);
        for (const name of namesOfDeclaration(node.declaration)) exported.add(name);
        break;
      case 'ImportExpression':
        if (typeof node.source.value === 'string') from(node.source.value, ['*']);
        break;
      case 'TSImportType':
        from((node.source ?? node.argument).value ?? '', [node.qualifier?.name ?? node.qualifier?.left?.name ?? '*']);
        break;
    }
    Object.values(node).forEach(visit);
  };
  visit(parseAst(readFileSync(join(root, file), 'utf8'), { lang: 'ts' }));
  // Its declaration mentions it once.
  const isMentioned = (name) => mentions.get(name) > 1;
  return { exported, imports, isMentioned, described: new Set([...types].filter(isMentioned)) };
}

function namesOfImport({ specifiers }) {
  return specifiers.map((one) => {
    if (one.type === 'ImportNamespaceSpecifier') return '*';
    return one.type === 'ImportDefaultSpecifier' ? 'default' : (one.imported.name ?? one.imported.value);
  });
}

function namesOfDeclaration(declaration) {
  if (!declaration) return [];
  if (declaration.id) return [declaration.id.name];
  return (declaration.declarations ?? []).flatMap(({ id }) => namesOfPattern(id));
}

function namesOfPattern(pattern) {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) => namesOfPattern(one.value ?? one.argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap(namesOfPattern);
    default:
      return [];
  }
}

function namesUsed(importers) {
  const names = new Set();
  for (const [, { imports }] of importers) {
    for (const [file, list] of imports) for (const name of list) names.add(`${file} ${name}`);
  }
  return names;
}

function isIn(names, file, name) {
  return names.has(`${file} ${name}`) || names.has(`${file} *`);
}
