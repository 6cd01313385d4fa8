#!/usr/bin/env node
// Makes docs/dbus-api.md from dbus/org.ringfence.Ringfence1.xml, its comments included.
// usage: dbus-api.mjs [--check]: with --check nothing is written, and the exit status is 1 when the page is out of date
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const target = join(folder, 'dbus-api.md');
const page = render(readFileSync(join(folder, '../dbus/org.ringfence.Ringfence1.xml'), 'utf8'));
if (!process.argv.includes('--check')) writeFileSync(target, page);
else if (readFileSync(target, 'utf8') !== page) {
  console.error('docs/dbus-api.md is not what dbus/org.ringfence.Ringfence1.xml says: run "node docs/dbus-api.mjs"');
  process.exitCode = 1;
}

function render(xml) {
  const [head, ...comments] = tokens(xml);
  const out = [
    '# D-Bus API',
    '',
    '<!-- Made from dbus/org.ringfence.Ringfence1.xml by docs/dbus-api.mjs: change it there. -->',
    '',
  ];
  out.push(...introduction(head.text));
  let told;
  for (const token of comments) {
    if (token.kind === 'comment') told = token.text;
    else if (token.kind === 'interface') out.push('', `## Interface ${token.name}`);
    else {
      out.push('', `### ${signature(token)}`, '');
      if (told === undefined) throw new Error(`${token.kind} ${token.name} has no comment`);
      out.push(...explanation(told, token));
      told = undefined;
    }
  }
  return `${out.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

/** Comments, interfaces and members in their order, each member with its arguments. */
function tokens(xml) {
  const found = [];
  for (const match of xml.matchAll(/<!--([\s\S]*?)-->|<(interface|method|signal|property|arg)\b([^>]*)>/g)) {
    const [, comment, kind, text = ''] = match;
    if (comment !== undefined) {
      found.push({ kind: 'comment', text: comment });
      continue;
    }
    const attributes = Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    if (kind === 'arg') found.at(-1).args.push(attributes);
    else found.push({ kind, ...attributes, args: [] });
  }
  return found;
}

function signature({ kind, name, args, type, access }) {
  const list = (direction) =>
    args
      .filter((arg) => (arg.direction ?? 'out') === direction)
      .map((arg) => `${arg.name} ${arg.type}`)
      .join(', ');
  if (kind === 'property') return `Property \`${name}\` \`${type}\` (${access})`;
  if (kind === 'signal') return `Signal \`${name}(${list('out')})\``;
  const out = list('out');
  return `\`${name}(${list('in')})${out === '' ? '' : ` -> ${out}`}\``;
}

/** The introduction's paragraphs as they are, its indented list as a table of errors. */
function introduction(text) {
  return dedent(text).flatMap((line) => {
    const [, name, meaning, code] = /^ {2}(org\.\S+) +(.*?) +(\d+)$/.exec(line) ?? [];
    if (name !== undefined) return [`| \`${name}\` | ${meaning} | ${code} |`];
    return /^Errors/.test(line)
      ? ['| error | meaning | exit code |', '|---|---|---|']
      : [line.replace(/^and the/, '\nAnd the')];
  });
}

/** "Name: what it does", "@arg: …" and their indented lines; indented keys in quotes become a list. */
function explanation(text, { name }) {
  const lines = dedent(text);
  lines[0] = lines[0].replace(new RegExp(`^${name}: `), '');
  lines[0] = lines[0].charAt(0).toUpperCase() + lines[0].slice(1);
  return lines.flatMap((line) => {
    const [, arg, meaning] = /^@(\w+): (.*)$/.exec(line) ?? [];
    if (arg !== undefined) return [`- \`${arg}\`: ${meaning}`];
    const [, keys, what = ''] = /^ +((?:"[\w-]+" ?)+)(?: +(.*))?$/.exec(line) ?? [];
    if (keys !== undefined)
      return [`  - ${keys.trim().replace(/"([\w-]+)"/g, '`$1`')}${what === '' ? ':' : `: ${what}`}`];
    return [/^ /.test(line) ? `    ${line.trim()}` : line];
  });
}

function dedent(text) {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  const depth = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(depth).trimEnd());
}
