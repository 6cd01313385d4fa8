#!/usr/bin/env node
// npm run release [-- --rehearsal]: what is published, in out/release: every package, made twice with the same bytes, a list of what is
// in the bundles (sbom.cdx.json, CycloneDX 1.5) and the checksums of all (SHA256SUMS). A rehearsal takes a work tree with changes too.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const packages = join(root, 'out/package');
const out = join(root, 'out/release');
const read = (name) => readFileSync(join(root, name), 'utf8');
const { version, license } = JSON.parse(read('package.json'));
const isRehearsal = process.argv.includes('--rehearsal');
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

const debian = /^ringfence \(([^)]+)-1\)/.exec(read('debian/changelog'))?.[1];
if (debian !== version) fail(`package.json says ${version}, debian/changelog ${debian}`);
if (!isRehearsal && git('status', '--porcelain') !== '') fail('there are changes that are not committed');
if (!isRehearsal && !read('CHANGELOG.md').includes(`\n## ${version} (`))
  fail(`CHANGELOG.md has no heading "## ${version} (DATE)"`);

const first = make();
const second = make();
const differing = Object.keys(second).filter((name) => first[name] !== second[name]);
if (differing.length > 0) fail(`two builds differ: ${differing.join(', ')}`);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const name of Object.keys(second)) copyFileSync(join(packages, name), join(out, name));
writeFileSync(join(out, 'sbom.cdx.json'), `${JSON.stringify(sbom(), undefined, 2)}\n`);
const sums = readdirSync(out)
  .sort()
  .map((name) => `${sha256(join(out, name))}  ${name}\n`);
writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
process.stdout.write(sums.join(''));

/** Makes all packages; their checksums by name. What names the machine and the time of the build is not published. */
function make() {
  execFileSync(process.execPath, [join(root, 'packaging/package.mjs'), 'deb', 'rpm', 'arch', 'tarball'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const names = readdirSync(packages).filter((name) => !/\.(buildinfo|changes)$/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, sha256(join(packages, name))]));
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What of npm is in the sources, and so in the bundles; package-lock.json has the hashes of the archives that it came in. */
function sbom() {
  const tarball = join(out, `ringfence_${version}.orig.tar.xz`);
  const names = execFileSync('tar', ['--list', '--file', tarball], { encoding: 'utf8' }).split('\n');
  const found = names.flatMap((path) => /^[^/]+\/(node_modules\/.+)\/package\.json$/.exec(path)?.[1] ?? []);
  const lock = JSON.parse(read('package-lock.json')).packages;
  const purl = (name, of) => `pkg:npm/${name.replace('@', '%40')}@${of}`;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': `ringfence@${version}`,
        name: 'ringfence',
        version,
        licenses: [{ license: { id: license } }],
      },
    },
    components: found.sort().map((path) => {
      const name = path.slice('node_modules/'.length);
      const { version: of, license: id, integrity } = lock[path];
      const hash = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
      return {
        type: 'library',
        'bom-ref': purl(name, of),
        name,
        version: of,
        licenses: [{ license: { id } }],
        purl: purl(name, of),
        hashes: [{ alg: 'SHA-512', content: hash }],
      };
    }),
    dependencies: [
      {
        ref: `ringfence@${version}`,
        dependsOn: found.map((path) => purl(path.slice('node_modules/'.length), lock[path].version)),
      },
    ],
  };
}

function fail(message) {
  console.error(`release: ${message}`);
  process.exit(1);
}
