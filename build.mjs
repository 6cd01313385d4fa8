#!/usr/bin/env node
// Builds every program of package.json's "bin" into dist/, one bundle each, runnable from the checkout.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
// Built beside and put in place as a whole: programs that run from here are there at any time but a moment.
const final = join(root, 'dist');
const out = join(root, `dist.${process.pid}`);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// Our dependencies ask for these on paths that are never taken here: dbus-next for 64-bit integers without BigInt and
// for cookie authentication, pino for worker transports. Empty or loaded on first use, they halve the daemon's start.
const emptied = ['jsbi', 'long', 'thread-stream'];
const lazy = ['crypto', 'assert', 'module', 'url', 'worker_threads'];
// What the daemon itself imports and needs only after it has its name.
const lazyInDaemon = { 'node:child_process': ['spawn', 'spawnSync', 'execFileSync'], 'node:module': ['createRequire'] };
const shellPrograms = {
  'ringfence-open': 'src/clients/open/ringfence-open.sh',
  'ringfence-open.rest': 'src/clients/open/ringfence-open.rest.sh',
  'ringfence-shell': 'src/clients/shell/ringfence-shell.sh',
  ssc: 'src/clients/compat/ssc',
  safeapp: 'src/clients/compat/safeapp',
  safeshell: 'src/clients/compat/safeshell',
};
const nodePrograms = { ringfenced: ' --max-semi-space-size=2 --v8-pool-size=0', ringfence: '' };
const spared = (lazyOwn) => ({
  name: 'spared',
  setup(builder) {
    const within = (names) => new RegExp(`^(${names.join('|')})$`);
    builder.onResolve({ filter: within(emptied) }, ({ path }) => ({ path, namespace: 'empty' }));
    builder.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};' }));
    builder.onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      namespace === 'file' && path in lazyOwn ? { path, namespace: 'lazy-own', sideEffects: false } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'lazy-own' }, ({ path }) => ({
      contents: lazyOwn[path]
        .map((name) => `export const ${name} = (...args) => require('${path}').${name}(...args);`)
        .join('\n'),
    }));
    // Without the "node:" prefix: that is how dependencies write them, and our own code does not.
    builder.onResolve({ filter: within(lazy) }, ({ path }) => ({ path, namespace: 'lazy' }));
    builder.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents:
        path === 'worker_threads'
          ? 'module.exports = { isMainThread: true };'
          : `const load = () => require('node:${path}');
             module.exports = new Proxy(function () {}, {
               apply: (_target, self, args) => Reflect.apply(load(), self, args),
               get: (_target, name) => load()[name],
             });`,
    }));
  },
});

mkdirSync(out);
process.once('exit', () => rmSync(out, { recursive: true, force: true }));
const bundle = (name, source, lazyOwn) =>
  build({
    absWorkingDir: root,
    entryPoints: { [name]: source },
    outExtension: { '.js': '.cjs' },
    outdir: out,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18.19',
    external: ['systemd-journald'],
    plugins: [spared(lazyOwn)],
    define: { RINGFENCE_VERSION: JSON.stringify(version) },
    legalComments: 'linked',
  });
/** What a module of the sources exports. */
const loadSource = async (source) => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
};
await Promise.all([
  bundle('ringfenced.bundle', 'src/daemon/main.ts', lazyInDaemon),
  bundle('ringfence.bundle', 'src/clients/cli/main.ts', {}),
]);

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
