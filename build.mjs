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

// dbus-next asks for these on paths that are never taken here (proxies, X11 autolaunch, 32-bit engines); empty modules save
// half of the start-up time and a megabyte.
const emptied = ['xml2js', 'event-stream', 'x11', 'usocket'];
const empty = {
  name: 'empty',
  setup(builder) {
    builder.onResolve({ filter: new RegExp(`^(${emptied.join('|')})$`) }, ({ path }) => ({ path, namespace: 'empty' }));
    builder.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
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
  plugins: [empty],
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
