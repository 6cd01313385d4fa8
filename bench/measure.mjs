// Runs inside the private session: real systemd --user, real bus. Prints a table and writes bench.json.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureClicks } from './clicks.mjs';
import { measureBuilds } from './compare.mjs';
import { measureIdle } from './idle.mjs';
import { openRig } from './rig.mjs';
import { measureShadows } from './shadows.mjs';
import { measureShells } from './shells.mjs';
import { measureStarts } from './starts.mjs';
import { measureStrict } from './strict.mjs';
import { measureWatching } from './watch.mjs';
import { measureWindow } from './window.mjs';

if (process.env.RINGFENCE_TESTBED !== 'session') {
  console.error('bench: run "npm run bench", which starts a private session first');
  process.exit(2);
}
const sections = {
  starts: measureStarts,
  clicks: measureClicks,
  strict: measureStrict,
  shells: measureShells,
  shadows: measureShadows,
  watch: measureWatching,
  idle: measureIdle,
  window: measureWindow,
  builds: measureBuilds,
};
const onRequest = new Set(['builds', 'window']);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in sections));
if (unknown.length > 0) {
  console.error(`bench: no section ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`);
  process.exit(2);
}

const rig = await openRig({
  rounds: Number(process.env.BENCH_ROUNDS ?? 100),
  entries: Number(process.env.BENCH_ENTRIES ?? 1000),
  many: Number(process.env.BENCH_MANY ?? 200),
  settleSeconds: Number(process.env.BENCH_SETTLE_SECONDS ?? 12),
  idleSeconds: Number(process.env.BENCH_IDLE_SECONDS ?? 30),
});
const results = {};
const rows = [['what', 'median', 'p95', 'ratio', 'goal']];
for (const [name, measure] of Object.entries(sections)) {
  if (wanted.length > 0 ? !wanted.includes(name) : onRequest.has(name)) continue;
  const section = await measure(rig);
  results[name] = section.results;
  rows.push(...section.rows);
}

const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
writeFileSync(join(process.env.RINGFENCE_TEST_OUT, 'bench.json'), `${JSON.stringify(results, null, 2)}\n`);
process.exit(0);
