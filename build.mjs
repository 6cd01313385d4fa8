#!/usr/bin/env node
// Builds every program of package.json's "bin" into dist/, one bundle each, runnable from the checkout.
// usage: build.mjs [--for-package] [--inputs FILE] [--out FOLDER]
//   --for-package  what a distribution's package holds: readable bundles, and no code cache, which belongs to one node alone
//   --inputs FILE  also lists what of node_modules is in the bundles, one path a line
// esbuild is the one of node_modules, or else (where a distribution builds this) the one in PATH, 0.17 or later. It is used as a program
// and without plugins, which would need its JavaScript half, of exactly its own version.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { languages, moBytes, readPo, translateEntry, translateMetainfo } from './po/po.mjs';

const { values: options } = parseArgs({
  options: {
    'for-package': { type: 'boolean', default: false },
    inputs: { type: 'string' },
    out: { type: 'string', default: 'dist' },
  },
});
const forPackage = options['for-package'];
const root = dirname(fileURLToPath(import.meta.url));
// Built beside and put in place as a whole: programs that run from here are there at any time but a moment.
const final = resolve(root, options.out);
const out = `${final}.${process.pid}`;
// Readable bundles name each file that they are made of, and are to be the same each time.
const stand = forPackage ? `${final}.stand-ins` : join(out, 'stand-ins');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const ownEsbuild = join(root, 'node_modules/.bin/esbuild');
const esbuild = existsSync(ownEsbuild) ? ownEsbuild : 'esbuild';

// Our dependencies ask for these on paths that are never taken here: dbus-next for 64-bit integers without BigInt and
// for cookie authentication, pino for worker transports. Empty or loaded on first use, they halve the daemon's start.
const emptied = ['jsbi', 'long', 'thread-stream'];
// Without the "node:" prefix: that is how dependencies write them, and our own code does not.
const lazy = ['crypto', 'assert', 'module', 'url'];
// What our own code imports, the daemon needs only after it has its name, and most commands never.
const lazyOwn = {
  'node:child_process': ['spawn', 'spawnSync', 'execFile', 'execFileSync'],
  'node:crypto': ['createHash', 'randomBytes', 'randomUUID'],
  'node:module': ['createRequire'],
};
const shellPrograms = {
  'ringfence-open': 'src/clients/open/ringfence-open.sh',
  'ringfence-open.rest': 'src/clients/open/ringfence-open.rest.sh',
  'ringfence-shell': 'src/clients/shell/ringfence-shell.sh',
  ssc: 'src/clients/compat/ssc',
  safeapp: 'src/clients/compat/safeapp',
  safeshell: 'src/clients/compat/safeshell',
};
const nodePrograms = { ringfenced: ' --max-semi-space-size=2 --v8-pool-size=0', ringfence: '' };

/** Writes the module that stands in for another, and returns the option that says so. */
function standIn(name, contents, extension = 'cjs') {
  const file = join(stand, `${name.replace(':', '-')}.${extension}`);
  writeFileSync(file, contents);
  return `--alias:${name}=${file}`;
}

function standIns() {
  return [
    ...emptied.map((name) => standIn(name, 'module.exports = {};\n')),
    standIn('worker_threads', 'module.exports = { isMainThread: true };\n'),
    ...lazy.map((name) =>
      standIn(
        name,
        `const load = () => require('node:${name}');
module.exports = new Proxy(function () {}, {
  apply: (_target, self, args) => Reflect.apply(load(), self, args),
  get: (_target, name) => load()[name],
});
`,
      ),
    ),
    ...Object.entries(lazyOwn).map(([name, exported]) =>
      // By another name than "require", or it would be taken for one of the modules that are stood in for. With all that hangs on
      // a function: promisify() asks execFile how.
      standIn(
        name,
        `const load = require;
const late = (name) => new Proxy(function () {}, {
  apply: (_target, self, args) => Reflect.apply(load('${name}')[name], self, args),
  get: (_target, key) => load('${name}')[name][key],
});
${exported.map((one) => `export const ${one} = late('${one}');\n`).join('')}`,
        'mjs',
      ),
    ),
  ];
}

function bundle(name, source) {
  const file = join(out, `${name}.bundle.cjs`);
  const meta = join(out, `${name}.meta.json`);
  const how = ['--bundle', '--platform=node', '--format=cjs', '--target=node18.19', '--external:systemd-journald'];
  const define = { RINGFENCE_VERSION: JSON.stringify(version), RINGFENCE_PACKAGED: String(forPackage) };
  run([
    ...[source, ...how, `--outfile=${file}`, '--legal-comments=linked', `--metafile=${meta}`],
    ...(forPackage ? [] : ['--minify']),
    ...Object.entries(define).map(([word, value]) => `--define:${word}=${value}`),
    ...standIns(),
  ]);
  const inputs = Object.keys(JSON.parse(readFileSync(meta, 'utf8')).inputs);
  rmSync(meta);
  return inputs;
}

/** The window, for gjs: libraries come from GObject introspection, and `gettext`, `system` and `cairo` from gjs itself. */
function bundleWindow() {
  const file = join(out, 'ringfence-window');
  run([
    ...[
      'src/window/main.ts',
      '--bundle',
      '--format=esm',
      '--target=firefox102',
      '--loader:.css=text',
      `--outfile=${file}`,
    ],
    ...['gi://*', 'gettext', 'system', 'cairo'].map((name) => `--external:${name}`),
    ...['--banner:js=#!/usr/bin/env -S gjs -m', `--define:RINGFENCE_VERSION=${JSON.stringify(version)}`],
  ]);
  chmodSync(file, 0o755);
  dressWindow();
}

/** What a desktop shows of the window: its entry, metainfo and icons, and its words in other languages. */
function dressWindow() {
  const from = join(root, 'desktop-files/window');
  const to = join(out, 'window');
  const all = languages().map(readPo);
  for (const one of all) {
    const folder = join(to, 'locale', one.language, 'LC_MESSAGES');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'ringfence.mo'), moBytes(one));
  }
  for (const name of readdirSync(from)) {
    const text = readFileSync(join(from, name), 'utf8');
    if (name.endsWith('.desktop.in')) writeFileSync(join(to, name), translateEntry(text, all));
    else if (name.endsWith('.metainfo.xml.in'))
      writeFileSync(join(to, name.replace(/\.in$/, '')), translateMetainfo(text, all));
    else writeFileSync(join(to, name), text);
    if (!name.endsWith('.svg')) continue;
    // As in a theme's folder: GTK gives symbolic icons the colour of the text there alone.
    const icons = join(to, 'icons/hicolor', name.endsWith('-symbolic.svg') ? 'symbolic' : 'scalable', 'apps');
    mkdirSync(icons, { recursive: true });
    writeFileSync(join(icons, name), text);
  }
}

/** What a module of the sources exports. */
async function loadSource(source) {
  const text = run([source, '--bundle', '--platform=node', '--format=esm']);
  return import(`data:text/javascript;base64,${text.toString('base64')}`);
}

function run(args) {
  return execFileSync(esbuild, [...args, '--log-level=warning'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
}

for (const folder of [out, stand]) mkdirSync(folder, { recursive: true });
process.once('exit', () => rmSync(out, { recursive: true, force: true }));
const inputs = new Set([
  ...bundle('ringfenced', 'src/daemon/main.ts'),
  ...bundle('ringfence', 'src/clients/cli/main.ts'),
]);
bundleWindow();
rmSync(stand, { recursive: true });
if (options.inputs !== undefined) {
  const foreign = [...inputs].filter((path) => path.startsWith('node_modules/')).sort();
  writeFileSync(options.inputs, foreign.map((path) => `${path}\n`).join(''));
}

// The package is one of ES modules, what lies here is not.
writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');

// Programs that have no time for node, which takes longer to start than an app may.
const facts = { ...(await loadSource('src/clients/open/shell-facts.ts')).shellFacts, VERSION: version };
for (const [name, source] of Object.entries(shellPrograms)) {
  const text = readFileSync(join(root, source), 'utf8').replace(/@([A-Z]+(?:_[A-Z]+)*)@/g, (_, fact) => {
    if (facts[fact] === undefined) throw new Error(`${source} has @${fact}@, which nothing here defines`);
    return facts[fact];
  });
  // Of two files only the one that is a program can be run.
  writeFileSync(join(out, name), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
}

// The others are a small loader that runs the bundle from V8's code cache: compiling it anew costs a third of the start.
const loader = readFileSync(join(root, 'src/daemon/loader.cjs'), 'utf8');
for (const [name, flags] of Object.entries(nodePrograms)) {
  const file = join(out, name);
  writeFileSync(file, `#!/usr/bin/env -S node${flags}\n${loader}`, { mode: 0o755 });
  // A package has none: the node that reads it is another one.
  if (forPackage) continue;
  // The first run writes the cache beside the bundle. The daemon compiles nothing after that, at its start or at the first
  // clicks; a command needs a tenth of its functions, and reading all of them would take longer than compiling those.
  const RINGFENCE_CODE_CACHE = name === 'ringfenced' ? 'all' : 'used';
  execFileSync(file, ['--version'], { env: { ...process.env, RINGFENCE_CODE_CACHE }, stdio: 'ignore' });
}

// ringfence(1) is made from the command table, so the programs come first.
execFileSync(process.execPath, [join(root, 'docs/man/build.mjs'), out], { stdio: 'inherit' });

if (existsSync(final)) renameSync(final, join(out, 'before'));
renameSync(out, final);
rmSync(join(final, 'before'), { recursive: true, force: true });
