#!/usr/bin/env node
// Builds every program of package.json's "bin" into dist/, one bundle each, runnable from the checkout.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const out = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// Our dependencies ask for these on paths that are never taken here: dbus-next for 64-bit integers without BigInt and
// for cookie authentication, pino for worker transports. Empty or loaded on first use, they halve the daemon's start.
const emptied = ['jsbi', 'long', 'thread-stream'];
const lazy = ['crypto', 'assert', 'module', 'url', 'worker_threads'];
// What our own code imports and needs only after the daemon has its name.
const lazyOwn = { 'node:child_process': ['spawn'], 'node:module': ['createRequire'] };
const spared = {
  name: 'spared',
  setup(builder) {
    const within = (names) => new RegExp(`^(${names.join('|')})$`);
    builder.onResolve({ filter: within(emptied) }, ({ path }) => ({ path, namespace: 'empty' }));
    builder.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};' }));
    builder.onResolve({ filter: within(Object.keys(lazyOwn)) }, ({ path, namespace }) =>
      namespace === 'file' ? { path, namespace: 'lazy-own', sideEffects: false } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'lazy-own' }, ({ path }) => ({
      contents: lazyOwn[path]
        .map((name) => `export const ${name} = (...args) => process.getBuiltinModule('${path}').${name}(...args);`)
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
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: { ringfenced: 'src/daemon.ts', ringfence: 'src/cli.ts' },
  entryNames: '[name].bundle',
  outExtension: { '.js': '.cjs' },
  outdir: out,
  bundle: true,
  minify: true,
  keepNames: false,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  external: ['systemd-journald'],
  plugins: [spared],
  define: { RINGFENCE_VERSION: JSON.stringify(version) },
  legalComments: 'linked',
});

// The package is one of ES modules, what lies here is not.
writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');

// Each program is a small loader that runs the bundle from V8's code cache: compiling it anew costs a third of the start.
const loader = readFileSync(join(root, 'src/loader.cjs'), 'utf8');
for (const [name, flags] of [
  ['ringfenced', ' --max-semi-space-size=1 --v8-pool-size=0'],
  ['ringfence', ''],
]) {
  const file = join(out, name);
  writeFileSync(file, `#!/usr/bin/env -S node${flags}\n${loader}`);
  chmodSync(file, 0o755);
  // The first run writes the cache beside the bundle; it is remade whenever node or its flags differ.
  execFileSync(file, ['--version'], { env: { ...process.env, RINGFENCE_CODE_CACHE: 'write' }, stdio: 'ignore' });
}
