#!/usr/bin/env node
// npm test [-- [--only unit|integration|machine] [FILE…]]: everything, on a bare machine: installs what is missing (as root
// on Debian and Ubuntu; elsewhere it says what is), builds, checks, and runs the integration tests in a private session and
// the machine tests on this system's own files and on Debian 13. Without root: check and machine. Ends with the line
// "N passed, N failed"; exit status 1 if anything failed. With CI=true a skipped test is a failure.
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installModules, installPackages } from './testbed/prepare.mjs';
import { root, run, say, seconds, withTitle } from './testbed/steps.mjs';
import { Tally } from './testbed/tally.mjs';

const suites = ['unit', 'integration', 'machine'];
const { values, positionals: files } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
if (values.only !== undefined && !suites.includes(values.only)) {
  console.error(`npm test: --only takes one of ${suites.join(', ')}`);
  process.exit(2);
}
const wanted = (suite) => values.only === undefined || values.only === suite;
const isRoot = process.getuid() === 0;
const outFolder = join(root, 'out/test');
const testbed = (name) => join(root, 'test/testbed', name);
const tally = new Tally();
const begin = Date.now();

rmSync(outFolder, { recursive: true, force: true });
try {
  await everything();
} catch (error) {
  tally.fail(error.message);
}
tally.explain();
say(`took ${seconds(begin)}`);
console.log(tally.line());
process.exit(tally.failed > 0 ? 1 : 0);

async function everything() {
  if (!isRoot && values.only === 'integration') throw new Error('the integration tests need root: sudo npm test');
  if (wanted('integration') || wanted('machine')) await installPackages();
  await installModules();
  const debian13 = wanted('machine') ? prepareDebian13() : undefined;
  await must('build', ['npm', 'run', '--silent', 'build']);

  if (values.only === undefined) await check(['npm', 'run', '--silent', 'check'], 'check');
  else if (wanted('unit')) await check(['npm', 'run', '--silent', 'unit', '--', ...files], 'unit');
  if (wanted('integration')) {
    if (isRoot) await integration();
    else tally.skip('the integration tests: they need root');
  }
  if (wanted('machine')) await machines(debian13);
}

/** Types, lint, boundaries and unit tests, or the unit tests alone. */
async function check(argv, name) {
  const report = join(outFolder, `${name}.json`);
  const code = await run(withTitle(name, argv), { env: { RINGFENCE_TEST_REPORT: report } });
  tally.add(name, code, report);
}

async function integration() {
  // The oracle's entries come by apt, which a session has no way to.
  const entries = ['sh', join(root, 'test/fixtures/fetch-desktop-entries.sh'), join(cacheFolder(), 'desktop-entries')];
  if (existsSync(entries[1])) await must('desktop entries of real applications', entries);
  const code = await run(
    withTitle('integration (session)', [testbed('session'), '--journal', ...vitest('integration')]),
    { ...reportTo('session'), timeoutMs: 900_000 },
  );
  tally.add('integration', code, join(outFolder, 'session/report.json'));
}

/** Both machines, at the same time where there is room for two. */
async function machines(debian13) {
  const own = () => machine('machine (own files)', 'machine', undefined);
  const other = async () => {
    const folder = await debian13;
    if (folder === undefined)
      tally.skip('the machine tests on Debian 13: making its files needs root once, sudo test/testbed/debian13-root');
    else await machine('machine (Debian 13)', 'machine13', folder);
  };
  if (availableParallelism() >= 2 && freemem() > 5 * 2 ** 30) await Promise.all([own(), other()]);
  else {
    await own();
    await other();
  }
}

async function machine(title, name, folder) {
  const { env, ...rest } = reportTo(name);
  const code = await run(withTitle(title, [testbed('machine'), ...vitest('machine')]), {
    ...rest,
    prefix: `[${title}] `,
    env: { ...env, MACHINE_TIMEOUT: '600', ...(folder && { RINGFENCE_TEST_ROOT: folder }) },
  });
  tally.add(title, code, join(outFolder, name, 'report.json'));
}

/** Starts while the unit tests run; resolves to undefined where the files can't be had. */
async function prepareDebian13() {
  const cached = await run([testbed('debian13-root'), '--cached'], { capture: true });
  if (cached.code === 0) return cached.output.trim();
  if (!isRoot) return undefined;
  say('making a Debian 13 file system in the background (debootstrap)');
  const made = await run([testbed('debian13-root')], { capture: true });
  if (made.code === 0) return made.output.trim().split('\n').at(-1);
  tally.fail(`making the Debian 13 file system: ${made.output}`);
  return undefined;
}

function vitest(project) {
  return ['node_modules/.bin/vitest', 'run', '--configLoader', 'runner', '--project', project, ...files];
}

/** The testbeds know their out folder as /srv/out. */
function reportTo(name) {
  return {
    env: {
      RINGFENCE_TEST_OUT: join(outFolder, name),
      RINGFENCE_TEST_REPORT: '/srv/out/report.json',
      RINGFENCE_TEST_CACHE: cacheFolder(),
    },
  };
}

function cacheFolder() {
  const own = isRoot ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(process.env.HOME, '.cache'));
  return process.env.RINGFENCE_TEST_CACHE ?? join(own, 'ringfence-test');
}

async function must(name, argv) {
  const code = await run(withTitle(name, argv));
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}
