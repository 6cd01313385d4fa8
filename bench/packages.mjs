#!/usr/bin/env node
// npm run bench:packages [-- RELEASE...]: sizes of the packages in out/package (npm run package), and times and memory of the .deb on each
// release's own node; the table of docs/installing.md. Needs root: each release has a session of its own over its files (release-root).
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'out/package');
const testbed = (name) => join(root, 'test/testbed', name);
const run = (program, args, env = {}) =>
  execFileSync(program, args, { encoding: 'utf8', cwd: root, env: { ...process.env, ...env } }).trim();
const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;

const packages = readdirSync(out).filter((name) => /\.(deb|rpm)$|-any\.pkg\.tar\.xz$|-linux\.tar\.xz$/.test(name));
for (const name of packages) console.log(`${name}: ${kib(statSync(join(out, name)).size)}`);
for (const name of packages.filter((one) => one.endsWith('.deb'))) {
  const files = run('dpkg-deb', ['--contents', join(out, name)])
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([mode]) => !mode.startsWith('d'));
  const programs = files.filter(([, , , , , path]) => path.startsWith('./usr/lib/ringfence/'));
  const bytes = programs.reduce((sum, [, , size]) => sum + Number(size), 0);
  console.log(`${name}: ${files.length} files, ${kib(bytes)} of programs`);
}

const asked = process.argv.slice(2);
for (const release of asked.length > 0 ? asked : ['debian12', 'debian13', 'testing']) {
  const env = { RINGFENCE_TEST_ROOT: run(testbed('release-root'), [release]).split('\n').at(-1) };
  const argv = ['--journal', '--door', '/usr/bin/node', 'bench/package-times.mjs'];
  console.log(`${release}: ${run(testbed('session'), argv, env)}`);
}
