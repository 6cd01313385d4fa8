#!/usr/bin/env node
// npm run bench: builds, then measures in a private session of its own (as root), or in the testbed it is already in.
// Figures are ratios within one run: the machine's speed cancels out.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce } from '../test/testbed/prepare.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'out/bench');

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (!(await buildOnce())) process.exit(1);
mkdirSync(out, { recursive: true });
// The session's user writes bench.json here.
chmodSync(out, 0o1777);
process.env.RINGFENCE_TEST_OUT = out;
// BENCH_ROUNDS, BENCH_ENTRIES, BENCH_MANY, BENCH_SETTLE_SECONDS, BENCH_IDLE_SECONDS: the session drops what it does not know.
const settings = Object.entries(process.env).filter(([name]) => name.startsWith('BENCH_'));
const env = ['env', ...settings.map(([name, value]) => `${name}=${value}`)];
run(join(root, 'test/testbed/session'), ['--journal', ...env, 'node', 'bench/measure.mjs', ...process.argv.slice(2)]);
console.log('The figures as JSON: out/bench/bench.json');
