#!/usr/bin/env node
// npm test [-- [--only unit|integration|gnome|packaging|machine] [FILE…]]: everything, on a bare machine: installs what is missing (as root
// on Debian and Ubuntu; elsewhere it says what is), builds, checks, and runs the integration tests in private sessions, those of the
// desktop in GNOME Shell, and the machine tests, on this system's own files, on Debian 13 and on two processors: side by side,
// each in a testbed of its own. Without root: check and machine. Ends with the line "N passed, N failed"; exit status 1 if
// anything failed, or if no test has the name asked for. With CI=true a skipped test is a failure.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { installModules, installPackages, prepareMachineKernel } from './testbed/prepare.mjs';
import { sideBySide } from './testbed/side-by-side.mjs';
import { root, run, say, seconds, withTitle } from './testbed/steps.mjs';
import { Tally } from './testbed/tally.mjs';

const suites = ['unit', 'integration', 'gnome', 'packaging', 'machine'];
const { values, positionals: asked } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
if (values.only !== undefined && !suites.includes(values.only)) {
  console.error(`npm test: --only takes one of ${suites.join(', ')}`);
  process.exit(2);
}
const isRoot = process.getuid() === 0;
const everything = values.only === undefined && asked.length === 0;
const outFolder = join(root, 'out/test');
const testbed = (name) => join(root, 'test/testbed', name);
const tally = new Tally();
const begin = Date.now();
/** A run of everything has 20 minutes in CI. */
const longestMs = 19 * 60_000;
/** Of some 200 jobs. */
const mostAgain = 4;
let entries;

const files = Object.fromEntries(suites.map((suite) => [suite, filesOf(suite)]));
const found = Object.values(files).flat();
const nowhere = asked.filter((part) => !found.some((file) => file.includes(part)));
if (nowhere.length > 0) {
  console.error(`npm test: no test of ${values.only ?? 'any suite'} matches ${nowhere.join(' ')}`);
  process.exit(1);
}
rmSync(outFolder, { recursive: true, force: true });
try {
  await testAll();
} catch (error) {
  tally.fail(error.message);
}
tally.explain();
say(`took ${seconds(begin)}`);
console.log(tally.line());
process.exit(tally.failed > 0 ? 1 : 0);

async function testAll() {
  if (!isRoot && ['integration', 'gnome', 'packaging'].includes(values.only))
    throw new Error(`the ${values.only} tests need root: sudo npm test`);
  if (values.only !== 'unit') await installPackages();
  await installModules();
  const needsDebian13 =
    files.machine.length > 0 || (isRoot && (files.packaging.length > 0 || files.integration.some(runsOnDebian13)));
  const debian13 = needsDebian13 ? prepareRoot('debian13') : undefined;
  const needsDebian12 = isRoot && (files.packaging.length > 0 || files.integration.some(runsOnNode18));
  const debian12 = needsDebian12 ? prepareRoot('debian12') : undefined;
  const debian13Gnome = files.gnome.length > 0 && isRoot ? prepareRoot('debian13', 'gnome') : undefined;
  const kernel = files.machine.length > 0 ? prepareMachineKernel() : undefined;
  await must('build', ['npm', 'run', '--silent', 'build']);
  await kernel;

  // What takes longest begins first.
  const jobs = [
    ...machineJobs(files.machine, debian13),
    ...unitJobs(files.unit),
    ...gnomeJobs(files.gnome, debian13Gnome),
    ...packagingJobs(files.packaging, { debian12, debian13 }),
    ...integrationJobs(files.integration, { debian12, debian13 }),
    ...(everything ? readmeJobs() : []),
  ];
  // Half of what the tests do is waiting.
  const took = await sideBySide(jobs, availableParallelism() + 2);
  if (everything) await runAgain(jobs, took);
  if (tally.passed + tally.failed === 0) tally.fail('no test ran');
}

/**
 * A run of everything keeps two processors busier than any desktop does. What failed in it is run once more, alone: what passes then
 * is told as unsteady, and stays to be mended. What is broken fails again. More than `mostAgain` are no accident, and none is run
 * that would take the run past `longestMs`.
 */
async function runAgain(jobs, took) {
  const failed = jobs.filter(({ title }) => tally.hasFailed(title));
  if (failed.length > mostAgain) return;
  for (const job of failed) {
    if (Date.now() - begin + took.get(job.title) > longestMs) continue;
    // What a testbed has left there it could not write again.
    if (job.env?.RINGFENCE_TEST_OUT !== undefined) rmSync(job.env.RINGFENCE_TEST_OUT, { recursive: true, force: true });
    await sideBySide([{ ...job, ready: undefined }], 1);
  }
}

/** The test files of a suite, at any depth, that match what was asked for; none where another suite was. */
function filesOf(suite) {
  if (values.only !== undefined && values.only !== suite) return [];
  const folder = join('test', suite);
  return readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .filter((file) => asked.length === 0 || asked.some((part) => file.includes(part)))
    .sort();
}

/** Types, lint, boundaries and unit tests, or those unit tests that were asked for. */
function unitJobs(files) {
  if (files.length === 0) return [];
  const name = everything ? 'check' : 'unit';
  const report = join(outFolder, `${name}.json`);
  return [
    {
      title: name,
      argv: everything ? ['npm', 'run', '--silent', 'check'] : ['npm', 'run', '--silent', 'unit', '--', ...files],
      env: { RINGFENCE_TEST_REPORT: report },
      timeoutMs: 600_000,
      ended: (code) => tally.add(name, code, report),
    },
  ];
}

/** A session for each file, which takes half a second: none can leave a unit, a daemon or a dead bus to the next. */
function integrationJobs(files, { debian12, debian13 }) {
  if (files.length === 0) return [];
  if (!isRoot) {
    tally.skip('the integration tests: they need root');
    return [];
  }
  const jobs = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const name = file.replace(/^test\/integration\//, '').replace(/\.test\.ts$/, '');
    const portals = /^\/\/ With portals: /m.test(text) ? ['--portals'] : [];
    const argv = ['--journal', ...portals, ...vitest('integration', [file])];
    const job = {
      ...session(file, join('session', name), argv),
      alone: /^\/\/ Runs alone: /m.test(text),
      ready: text.includes('fetch-desktop-entries') ? desktopEntries() : undefined,
    };
    const jobs = [job];
    if (runsOnDebian13(file))
      jobs.push(onceMade(session(`${file} (Debian 13)`, join('session13', name), argv), debian13));
    if (runsOnNode18(file)) jobs.push(onceMade(onNode18(file, name), debian12));
    return jobs;
  });
  return [...jobs.filter(({ alone }) => !alone), ...jobs.filter(({ alone }) => alone)];
}

function runsOnDebian13(file) {
  return /^\/\/ Runs on Debian 13 too: /m.test(readFileSync(join(root, file), 'utf8'));
}

function runsOnNode18(file) {
  return /^\/\/ Runs on Node 18 too: /m.test(readFileSync(join(root, file), 'utf8'));
}

/** Debian 12's own files and node run the programs; the tests themselves need a newer node, which is this machine's. */
function onNode18(file, name) {
  const job = onThisNode(`${file} (Node 18)`, join('session12', name), [], 'integration', [file]);
  job.env.RINGFENCE_TEST_NODE = '/usr/bin/node';
  return job;
}

/** Tests over another release's files, run by this machine's node. */
function onThisNode(title, name, options, project, files) {
  const [program, ...args] = vitest(project, files);
  return session(title, name, ['--journal', ...options, '/srv/node/bin/node', program, ...args]);
}

/** The machine's flatpak app comes by apt, too; it lies where the machine sees it. */
function flatpakApp() {
  const made = ['out/flatpak', '/srv/ringfence/out/flatpak'];
  return run(['sh', 'test/fixtures/make-flatpak-app.sh', ...made], { capture: true }).then(({ code, output }) => {
    if (code !== 0) tally.fail(`making a flatpak app: ${output}`);
  });
}

/** The oracle's entries come by apt, which a session has no way to. */
function desktopEntries() {
  const script = ['sh', join(root, 'test/fixtures/fetch-desktop-entries.sh'), join(cacheFolder(), 'desktop-entries')];
  entries ??= run(script, { capture: true }).then(({ code, output }) => {
    if (code !== 0) tally.fail(`fetching the desktop entries of real applications: ${output}`);
  });
  return entries;
}

/**
 * Packages are made, twice with the same bytes, and looked through here, and installed, upgraded and removed on clean files of Debian 12 and 13, or of the releases in
 * $RINGFENCE_TEST_RELEASES ("debian12 debian13 testing").
 */
function packagingJobs(files, roots) {
  if (files.length === 0) return [];
  if (!isRoot) {
    tally.skip('the tests of the package: they need root');
    return [];
  }
  const releases = (process.env.RINGFENCE_TEST_RELEASES ?? 'debian12 debian13').split(' ').filter(Boolean);
  let made;
  const packages = new Promise((resolve) => {
    made = resolve;
  });
  // Those of other systems go over this machine's own files, as their tools are here.
  const formats = files.filter((file) => basename(file) === 'formats.test.ts');
  const inDesktops = files.filter((file) => basename(file) === 'desktop.test.ts');
  const stories = files.filter((file) => !formats.includes(file) && !inDesktops.includes(file));
  const earlier = stories.length > 0 ? olderPackage() : Promise.resolve(undefined);
  const desktops = (process.env.RINGFENCE_TEST_DESKTOPS ?? '').split(' ').filter(Boolean);
  const lintian = 'lintian --allow-root --fail-on error,warning out/package/*.changes';
  const title = 'npm run release (a rehearsal), lintian';
  return [
    {
      title,
      argv: ['sh', '-c', `npm run --silent release -- --rehearsal && ${lintian}`],
      env: {},
      timeoutMs: 600_000,
      ended(code) {
        tally.command(title, code);
        made(code === 0);
      },
    },
    ...formats.map((file) => {
      const argv = ['--journal', '--door', ...vitest('packaging', [file])];
      return { ...session('packages of other systems', 'package-formats', argv), ready: packages };
    }),
    ...(inDesktops.length > 0 ? desktops : []).map((desktop) => {
      const job = onThisNode(
        `package in GNOME Shell (${desktop})`,
        `desktop-${desktop}`,
        ['--gnome', '--door'],
        'packaging',
        inDesktops,
      );
      const itsFiles = prepareRoot(desktop, 'gnome').then((folder) => {
        job.env.RINGFENCE_TEST_ROOT = folder;
        return folder !== undefined;
      });
      return { ...job, ready: Promise.all([packages, itsFiles]).then((all) => all.every(Boolean)) };
    }),
    ...(stories.length > 0 ? releases : []).map((release) => {
      const job = onThisNode(`package (${release})`, `package-${release}`, ['--door'], 'packaging', stories);
      const itsFiles = (roots[release] ?? prepareRoot(release)).then((folder) => {
        job.env.RINGFENCE_TEST_ROOT = folder;
        return folder !== undefined;
      });
      const older = earlier.then((file) => {
        if (file !== undefined) job.env.RINGFENCE_TEST_OLDER_PACKAGE = file;
        return true;
      });
      return { ...job, ready: Promise.all([packages, itsFiles, older]).then((all) => all.every(Boolean)) };
    }),
  ];
}

/** The package of the commit in $RINGFENCE_TEST_UPGRADE_FROM, as a session knows it. */
async function olderPackage() {
  const commit = process.env.RINGFENCE_TEST_UPGRADE_FROM;
  if (commit === undefined) return undefined;
  const made = await run([testbed('older-package'), commit], { capture: true });
  if (made.code !== 0) tally.fail(`making the package of ${commit}: ${made.output}`);
  return `/srv/cache/packages/${basename(made.output.trim().split('\n').at(-1))}`;
}

/** The same tests in this system's GNOME Shell and in Debian 13's. */
function gnomeJobs(files, debian13Gnome) {
  if (files.length === 0) return [];
  if (!isRoot) {
    tally.skip('the tests in GNOME Shell: they need root');
    return [];
  }
  const argv = ['--gnome', ...vitest('gnome', files)];
  const other = session('gnome (Debian 13)', 'gnome13', argv);
  return [session('gnome (own files)', 'gnome', argv), onceMade(other, debian13Gnome)];
}

/** A job in a testbed that needs another release's files, once they are there. */
function onceMade(job, made) {
  const ready = made.then((folder) => {
    job.env.RINGFENCE_TEST_ROOT = folder;
    if (folder === undefined)
      tally.skip(`${job.title}: making its files needs root once, sudo test/testbed/release-root debian13`);
    return folder !== undefined;
  });
  return { ...job, ready };
}

function machineJobs(files, debian13) {
  const isVirtual = (file) => basename(file).startsWith('virtual-');
  const own = files.filter((file) => !isVirtual(file));
  // What needs Debian 12's own applications says so in its name.
  const others = own.filter((file) => !basename(file).startsWith('debian12-'));
  const jobs = [];
  const flatpak = own.some((file) => file.endsWith('-flatpak.test.ts')) ? flatpakApp() : undefined;
  if (own.length > 0) jobs.push({ ...machine('machine (own files)', 'machine', own), ready: flatpak });
  if (others.length > 0) jobs.push(onceMade(machine('machine (Debian 13)', 'machine13', others), debian13));
  // A session tries all of the escapes on the same files, on both processors and at full speed.
  if (everything && isRoot) for (const { env } of jobs) env.RINGFENCE_TEST_PROBES = 'machines';
  jobs.push(...virtualJobs(files.filter(isVirtual)));
  return jobs;
}

function virtualJobs(files) {
  if (files.length === 0) return [];
  const reason = !isRoot
    ? 'they need root'
    : process.arch !== 'x64' || !/^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
      ? 'they need the kernel of Debian on amd64'
      : undefined;
  if (reason === undefined)
    return [inTestbed('virtual-machine', 'virtual machine', 'virtual', vitest('machine', files))];
  tally.skip(`the tests on two processors: ${reason}`);
  return [];
}

/** The README's commands that cannot run inside a testbed, since they start one. */
function readmeJobs() {
  const few = {
    BENCH_ROUNDS: '3',
    BENCH_ENTRIES: '20',
    BENCH_MANY: '20',
    BENCH_SETTLE_SECONDS: '1',
    BENCH_IDLE_SECONDS: '1',
  };
  const job = (name, title, env) => ({
    title,
    argv: ['npm', 'run', '--silent', name],
    env: { ...env, RINGFENCE_TEST_BUILT: '1' },
    timeoutMs: 600_000,
    ended: (code) => tally.command(title, code),
  });
  if (!isRoot) tally.skip('npm run bench: it needs root');
  return [
    job('demo', 'npm run demo', {}),
    ...(isRoot ? [job('bench', 'npm run bench (a few rounds: no figures)', few)] : []),
  ];
}

/** Another release's file system, made in the background; resolves to undefined where it can't be had. */
async function prepareRoot(...release) {
  const cached = await run([testbed('release-root'), '--cached', ...release], { capture: true });
  if (cached.code === 0) return cached.output.trim();
  if (!isRoot) return undefined;
  say(`making a file system in the background: ${release.join(' ')}`);
  const made = await run([testbed('release-root'), ...release], { capture: true });
  if (made.code === 0) return made.output.trim().split('\n').at(-1);
  tally.fail(`making the file system ${release.join(' ')}: ${made.output}`);
  return undefined;
}

async function must(name, argv) {
  const code = await run(withTitle(name, argv));
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
}

function session(title, name, argv) {
  return inTestbed('session', title, name, argv);
}

function machine(title, name, files) {
  return inTestbed('machine', title, name, vitest('machine', files));
}

/** A job in a testbed; the testbeds know their out folder as /srv/out. */
function inTestbed(bed, title, name, argv) {
  return {
    title,
    argv: [testbed(bed), ...argv],
    env: {
      RINGFENCE_TEST_OUT: join(outFolder, name),
      RINGFENCE_TEST_REPORT: '/srv/out/report.json',
      RINGFENCE_TEST_CACHE: cacheFolder(),
      MACHINE_TIMEOUT: '1400',
    },
    timeoutMs: 1_460_000,
    ended: (code) => tally.add(title, code, join(outFolder, name, 'report.json')),
  };
}

function vitest(project, args) {
  return ['node_modules/.bin/vitest', 'run', '--configLoader', 'runner', '--project', project, ...args];
}

function cacheFolder() {
  const own = isRoot ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(process.env.HOME, '.cache'));
  return process.env.RINGFENCE_TEST_CACHE ?? join(own, 'ringfence-test');
}
