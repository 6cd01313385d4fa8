#!/usr/bin/env node
// Makes dist/man: ringfence(1) from the command table of the built program, the others from their sources in docs/.
// usage: build.mjs [DIST [FOLDER]]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manPage } from './roff.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = process.argv[2] ?? join(root, 'dist');
const folder = process.argv[3] ?? join(dist, 'man');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// The date of the release, not that of the build: the same sources give the same pages.
const changelog = existsSync(join(root, 'CHANGELOG.md')) ? readFileSync(join(root, 'CHANGELOG.md'), 'utf8') : '';
const date = /\b\d{4}-\d\d-\d\d\b/.exec(changelog)?.[0] ?? new Date().toISOString().slice(0, 10);

mkdirSync(folder, { recursive: true });
const sources = [
  execFileSync(join(dist, 'ringfence'), ['completion', 'markdown'], { encoding: 'utf8' }),
  ...[
    'docs/man/ringfenced.8.md',
    'docs/man/ringfence-shell.1.md',
    'docs/man/ringfence-open.1.md',
    'docs/man/ssc.1.md',
    'docs/ringfence.toml.md',
  ].map((name) => readFileSync(join(root, name), 'utf8')),
];
for (const source of sources) {
  const { name, section, text } = manPage(source, { version, date });
  writeFileSync(join(folder, `${name}.${section}`), text);
}
