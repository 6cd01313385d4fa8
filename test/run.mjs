#!/usr/bin/env node
// npm test [-- [--only unit|integration|gnome|machine] [FILE…]]: everything, on a bare machine: installs what is missing (as root
// on Debian and Ubuntu; elsewhere it says what is), builds, checks, and runs the integration tests in a private session,
// those of the desktop in GNOME Shell, and the machine tests, on this system's own files, on Debian 13 and on two processors. Without root: check and machine. Ends with the line
// "N passed, N failed"; exit status 1 if anything failed. With CI=true a skipped test is a failure.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { installModules, installPackages } from './testbed/prepare.mjs';
import { root, run, say, seconds, withTitle } from './testbed/steps.mjs';
import { Tally } from './testbed/tally.mjs';

const suites = ['unit', 'integration', 'gnome', 'machine'];
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
  if (!isRoot && ['integration', 'gnome'].includes(values.only))
    throw new Error(`the ${values.only} tests need root: sudo npm test`);
  if (values.only !== 'unit') await installPackages();
  await installModules();
  const debian13 = wanted('machine') ? prepareRoot('debian13-root') : undefined;
  const debian13Gnome = wanted('gnome') && isRoot ? prepareRoot('debian13-gnome-root') : undefined;
  await must('build', ['npm', 'run', '--silent', 'build']);

  if (values.only === undefined) await check(['npm', 'run', '--silent', 'check'], 'check');
  else if (wanted('unit')) await check(['npm', 'run', '--silent', 'unit', '--', ...files], 'unit');
  if (wanted('integration')) {
    if (isRoot) await integration();
    else tally.skip('the integration tests: they need root');
  }
  if (wanted('gnome')) {
    if (isRoot) await gnome(debian13Gnome);
    else tally.skip('the tests in GNOME Shell: they need root');
  }
  if (wanted('machine')) await machines(debian13);
  if (values.only === undefined) await readmeCommands();
}

/** The README's commands that cannot run inside a testbed, since they start one. */
async function readmeCommands() {
  tally.command('npm run demo', await run(withTitle('npm run demo', ['npm', 'run', '--silent', 'demo'])));
  const few = { BENCH_ROUNDS: '3', BENCH_ENTRIES: '20', BENCH_SETTLE_SECONDS: '1', BENCH_IDLE_SECONDS: '1' };
  if (!isRoot) tally.skip('npm run bench: it needs root');
  else {
    const bench = withTitle('npm run bench (a few rounds: no figures)', ['npm', 'run', '--silent', 'bench']);
    tally.command('npm run bench', await run(bench, { env: few }));
  }
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
  const folder = 'test/integration';
  const suites = readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .filter((file) => files.length === 0 || files.some((wantedFile) => file.includes(wantedFile)))
    .sort();
  if (suites.length === 0) throw new Error(`no integration test matches ${files.join(' ')}`);
  // A session each, which takes half a second: no file can leave a unit, a daemon or a dead bus to the next.
  for (const file of suites) {
    const name = join('session', basename(file, '.test.ts'));
    const argv = withTitle(file, [testbed('session'), '--journal', ...vitest('integration', [file])]);
    const code = await run(argv, { ...reportTo(name), timeoutMs: 600_000 });
    tally.add(file, code, join(outFolder, name, 'report.json'));
  }
}

/** The same tests in this system's GNOME Shell and in Debian 13's. */
async function gnome(debian13Gnome) {
  for (const [title, name, folder] of [
    ['gnome (own files)', 'gnome', undefined],
    ['gnome (Debian 13)', 'gnome13', await debian13Gnome],
  ]) {
    if (folder === undefined && name === 'gnome13') continue;
    const { env } = reportTo(name);
    const code = await run(withTitle(title, [testbed('session'), '--gnome', ...vitest('gnome', files)]), {
      env: { ...env, ...(folder && { RINGFENCE_TEST_ROOT: folder }) },
      timeoutMs: 600_000,
    });
    tally.add(title, code, join(outFolder, name, 'report.json'));
  }
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
  // By itself: its two processors are this machine's.
  if (isRoot) await virtualMachine();
  else tally.skip('the tests on two processors: they need root');
}

async function machine(title, name, folder) {
  const { env } = reportTo(name);
  // What needs Debian 12's own applications or another kind of machine says so in its file name.
  const args = [...files, '--exclude', '**/virtual-*', '--passWithNoTests'];
  if (folder !== undefined) args.push('--exclude', '**/debian12-*');
  const code = await run(withTitle(title, [testbed('machine'), ...vitest('machine', args)]), {
    prefix: `[${title}] `,
    env: { ...env, MACHINE_TIMEOUT: '600', ...(folder && { RINGFENCE_TEST_ROOT: folder }) },
  });
  tally.add(title, code, join(outFolder, name, 'report.json'));
}

async function virtualMachine() {
  const suites = readdirSync(join(root, 'test/machine'))
    .filter((file) => file.startsWith('virtual-'))
    .map((file) => join('test/machine', file))
    .filter((file) => files.length === 0 || files.some((wantedFile) => file.includes(wantedFile)));
  if (suites.length === 0) return;
  if (process.arch !== 'x64' || !/^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))) {
    tally.skip('the tests on two processors: they need the kernel of Debian on amd64');
    return;
  }
  const title = 'virtual machine';
  const { env } = reportTo('virtual');
  const code = await run(withTitle(title, [testbed('virtual-machine'), ...vitest('machine', suites)]), {
    env: { ...env, MACHINE_TIMEOUT: '300' },
  });
  tally.add(title, code, join(outFolder, 'virtual', 'report.json'));
}

/** A Debian 13 file system, made while the unit tests run; resolves to undefined where it can't be had. */
async function prepareRoot(script) {
  const cached = await run([testbed(script), '--cached'], { capture: true });
  if (cached.code === 0) return cached.output.trim();
  if (!isRoot) return undefined;
  say(`making a Debian 13 file system in the background (${script})`);
  const made = await run([testbed(script)], { capture: true });
  if (made.code === 0) return made.output.trim().split('\n').at(-1);
  tally.fail(`making the Debian 13 file system: ${made.output}`);
  return undefined;
}

function vitest(project, args) {
  return ['node_modules/.bin/vitest', 'run', '--configLoader', 'runner', '--project', project, ...args];
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
