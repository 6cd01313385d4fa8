#!/usr/bin/env node
// Makes the tables of docs/journal.md from src/domain/log-events.ts, which the daemon uses.
// usage: journal.mjs [--check]: with --check nothing is written, and the exit status is 1 when the page is out of date
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const folder = dirname(fileURLToPath(import.meta.url));
const target = join(folder, 'journal.md');
const { logEvents, logFields } = await load(join(folder, '../src/domain/log-events.ts'));
const priorities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

const page = readFileSync(target, 'utf8');
const made = replacePart(replacePart(page, 'events', eventTable()), 'fields', fieldTable());
if (!process.argv.includes('--check')) writeFileSync(target, made);
else if (made !== page) {
  console.error('docs/journal.md is not what src/domain/log-events.ts says: run "npm run docs"');
  process.exitCode = 1;
}

function eventTable() {
  const rows = Object.entries(logEvents).map(([name, { messageId, priority, meaning, fields, optional }]) => {
    const names = [...fields.map(fieldName), ...optional.map((field) => `[${fieldName(field)}]`)].join(', ');
    return `| \`${name}\` | \`${messageId}\` | ${priorities[priority]} | ${meaning} | ${names} |`;
  });
  return ['| event | MESSAGE_ID | priority | when | fields, without RINGFENCE_ |', '|---|---|---|---|---|', ...rows];
}

function fieldTable() {
  const rows = Object.values(logFields).map(({ field, meaning }) => `| \`${field}\` | ${meaning} |`);
  return ['| field | what it holds |', '|---|---|', ...rows];
}

function fieldName(name) {
  return logFields[name].field.replace('RINGFENCE_', '');
}

function replacePart(text, name, lines) {
  const part = new RegExp(`(<!-- ${name} -->\n)[^]*(<!-- end of ${name} -->)`);
  if (!part.test(text)) throw new Error(`docs/journal.md has no place for the ${name}`);
  return text.replace(part, (_all, begin, end) => `${begin}${lines.join('\n')}\n${end}`);
}

/** Node 20 reads no TypeScript; this module imports nothing. */
async function load(path) {
  const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', format: 'esm' });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}
