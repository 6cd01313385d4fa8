#!/usr/bin/env node
// npm run package [-- deb rpm arch tarball]: packages in out/package, by the tools of each format; all four unless told.
// The same sources give the same bytes: times are those of the last commit (or $SOURCE_DATE_EPOCH), names are sorted.
// A format whose tools are missing here is said to be left out when all were asked for, and is an error when it was asked for by name.
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'out/package');
const work = join(out, 'work');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const name = `ringfence-${version}`;
const epoch = process.env.SOURCE_DATE_EPOCH ?? lastCommit();
const tarOptions = [
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  `--mtime=@${epoch}`,
  '--mode=u+rw,go+r-w',
];

const formats = {
  deb: { tools: ['dpkg-buildpackage', 'dh', 'esbuild'], make: makeDeb },
  rpm: { tools: ['rpmbuild'], make: makeRpm },
  arch: { tools: ['makepkg', 'bsdtar'], make: makeArch },
  tarball: { tools: ['tar', 'xz'], make: makeTarball },
};
const asked = process.argv.slice(2);
const unknown = asked.find((one) => !(one in formats));
if (unknown !== undefined) end(2, `there is no format ${unknown}; there are ${Object.keys(formats).join(', ')}`);

rmSync(out, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const sources = makeSources();
for (const [format, { tools, make }] of Object.entries(formats)) {
  if (asked.length > 0 && !asked.includes(format)) continue;
  const missing = tools.filter((tool) => !hasProgram(tool));
  if (missing.length === 0) make(sources);
  else if (asked.length > 0) end(1, `cannot make ${format}: ${missing.join(' and ')} not installed`);
  else console.log(`package: no ${format} here: ${missing.join(' and ')} not installed`);
}
rmSync(work, { recursive: true });
for (const file of readdirSync(out).sort()) console.log(`out/package/${file}`);

/** The repository's files and what of node_modules goes into the bundles, as a folder and as the upstream tarball. */
function makeSources() {
  const folder = join(work, name);
  const list = join(work, 'inputs');
  run(['node', 'build.mjs', '--for-package', '--inputs', list, '--out', join(work, 'dist')]);
  const bundled = readFileSync(list, 'utf8').trim().split('\n');
  const packages = new Set(bundled.map((path) => /^node_modules\/(@[^/]+\/)?[^/]+/.exec(path)[0]));
  const papers = [...packages].flatMap((path) =>
    readdirSync(join(root, path))
      .filter((file) => /^(package\.json|licen[cs]e.*)$/i.test(file))
      .map((file) => join(path, file)),
  );
  const tracked = run(['git', 'ls-files', '-z'], { capture: true }).split('\0').filter(Boolean);
  // The tests want more of npm than the package does, and packaging for one system is no part of the sources for another.
  const wanted = tracked.filter(
    (path) => !/^(test|bench|demo|\.ci|docs\/images)\//.test(path) && existsSync(join(root, path)),
  );
  for (const path of [...wanted, ...bundled, ...papers]) {
    cpSync(join(root, path), join(folder, path));
    chmodSync(join(folder, path), isExecutable(join(root, path)) ? 0o755 : 0o644);
  }
  const tarball = join(out, `ringfence_${version}.orig.tar.xz`);
  pack(tarball, work, [name], ['--exclude=debian']);
  return { folder, tarball };
}

function makeDeb({ folder }) {
  run(['dpkg-buildpackage', '-us', '-uc', '--build=full', '-I', '-i'], { cwd: folderFor('deb', folder) });
  const made = readdirSync(join(work, 'deb')).filter((file) => file !== name);
  for (const file of made) cpSync(join(work, 'deb', file), join(out, file));
}

/** A copy of the sources beside which a format's tools may write. */
function folderFor(format, folder) {
  const own = join(work, format, name);
  cpSync(folder, own, { recursive: true, mode: constants.COPYFILE_FICLONE });
  cpSync(join(out, `ringfence_${version}.orig.tar.xz`), join(work, format, `ringfence_${version}.orig.tar.xz`));
  return own;
}

function makeRpm({ tarball }) {
  const top = join(work, 'rpm');
  mkdirSync(join(top, 'SOURCES'), { recursive: true });
  cpSync(tarball, join(top, 'SOURCES', `${name}.tar.xz`));
  const define = (key, value) => ['--define', `${key} ${value}`];
  run(
    [
      ...['rpmbuild', '-bb', '--nodeps', ...define('_topdir', top), ...define('ringfence_version', version)],
      ...[...define('_buildhost', 'reproducible'), ...define('use_source_date_epoch_as_buildtime', '1')],
      ...[...define('clamp_mtime_to_source_date_epoch', '1'), join(root, 'packaging/rpm/ringfence.spec')],
    ],
    { env: withEsbuild(top) },
  );
  for (const file of readdirSync(join(top, 'RPMS/noarch'))) cpSync(join(top, 'RPMS/noarch', file), join(out, file));
}

/** makepkg refuses to run as root, and wants a folder that it may write. */
function makeArch({ tarball }) {
  const folder = join(work, 'arch');
  mkdirSync(folder, { recursive: true });
  cpSync(tarball, join(folder, `${name}.tar.xz`));
  cpSync(join(root, 'packaging/arch'), folder, { recursive: true });
  const programs = withEsbuild(folder);
  const makepkg = ['makepkg', '--nodeps', '--skipinteg', '--noconfirm'];
  // Dependencies are not looked at, but makepkg wants to know where pacman is.
  const env = { PACMAN: 'true', PKGEXT: '.pkg.tar.xz', RINGFENCE_VERSION: version, PACKAGER: 'Ringfence maintainers' };
  if (process.getuid() !== 0) run(makepkg, { cwd: folder, env: { ...env, ...programs } });
  else {
    const inTmp = mkdtempSync('/tmp/ringfence-makepkg-');
    // The package names the folder that it was made in: one that is the same each time, and nobody else's.
    const place = 'mount --bind "$1" /mnt && cd /mnt && shift && exec "$@"';
    const asNobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', ...makepkg];
    try {
      cpSync(folder, inTmp, { recursive: true });
      run(['chown', '-R', 'nobody', inTmp]);
      run(['unshare', '--mount', '--propagation=private', 'sh', '-c', place, 'sh', inTmp, ...asNobody], {
        env: { ...env, PATH: `/mnt/bin:${process.env.PATH}`, HOME: '/mnt' },
      });
      cpSync(inTmp, folder, { recursive: true });
    } finally {
      rmSync(inTmp, { recursive: true, force: true });
    }
  }
  for (const file of readdirSync(folder).filter((one) => one.endsWith('.pkg.tar.xz')))
    cpSync(join(folder, file), join(out, file));
}

/** What is built, ready to be copied: for systems without a package. */
function makeTarball({ folder: sources }) {
  const folder = join(work, 'tarball', `${name}-linux`);
  const own = folderFor('tarball', sources);
  run(['node', 'build.mjs', '--for-package'], { cwd: own, env: withEsbuild(join(work, 'tarball')) });
  run(['node', 'packaging/stage.mjs', join(folder, 'files'), '--prefix=/usr/local'], { cwd: own });
  cpSync(join(root, 'packaging/tarball/install.sh'), join(folder, 'install.sh'));
  chmodSync(join(folder, 'install.sh'), 0o755);
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  pack(join(out, `${name}-linux.tar.xz`), join(work, 'tarball'), [`${name}-linux`], []);
}

/** The esbuild that package-lock.json pins, for formats whose own systems are not here to give theirs: a copy that any user may run. */
function withEsbuild(folder) {
  const program = realpathSync(join(root, 'node_modules/.bin/esbuild'));
  mkdirSync(join(folder, 'bin'), { recursive: true });
  cpSync(program, join(folder, 'bin/esbuild'));
  return { PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
}

function pack(tarball, folder, names, more) {
  run(['tar', '--create', '--xz', '--file', tarball, ...tarOptions, ...more, '--directory', folder, ...names]);
}

function run(argv, { capture = false, cwd = root, env = {} } = {}) {
  const [program, ...args] = argv;
  try {
    return execFileSync(program, args, {
      cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', SOURCE_DATE_EPOCH: epoch, ...env },
      encoding: 'utf8',
      // What tools say is only worth reading when something went wrong.
      stdio: ['ignore', 'pipe', capture ? 'inherit' : 'pipe'],
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}${error.stderr ?? ''}`);
    return end(1, `${argv.slice(0, 3).join(' ')} ended with ${error.status ?? error.code}`);
  }
}

function lastCommit() {
  return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim();
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasProgram(program) {
  return process.env.PATH.split(delimiter).some((folder) => isExecutable(join(folder, program)));
}

function end(code, message) {
  console.error(`package: ${message}`);
  process.exit(code);
}
