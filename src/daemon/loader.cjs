'use strict';
// Runs the program's bundle from V8's code cache, which the build has put beside it: compiling it anew would be a third of the
// start. A cache that node rejects (another version, other flags) costs some milliseconds and nothing else.
// RINGFENCE_CODE_CACHE has the build's run write it: `used`, with the functions that the run needed, or `all`.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 18 || (major === 18 && minor < 19)) {
  const name = process.argv[1].replace(/^.*\//, '');
  console.error(`${name}: cannot start: ${process.execPath} is Node.js ${process.version}; install 18.19 or later`);
  process.exit(70);
}
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const self = fs.realpathSync(__filename);
const bundle = `${self}.bundle.cjs`;
const cache = `${self}.cache`;

const building = process.env.RINGFENCE_CODE_CACHE;
delete process.env.RINGFENCE_CODE_CACHE;
if (!fs.existsSync(bundle)) {
  const name = path.basename(process.argv[1]);
  console.error(`${name}: cannot start: ${bundle} is gone; install Ringfence again`);
  process.exit(70);
}
const source = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, 'utf8')}\n})`;
const cachedData = !building && fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
// Asked for only here: loading it takes a tenth of the start.
if (building === 'all') require('node:v8').setFlagsFromString('--no-lazy');
const script = new vm.Script(source, { filename: bundle, cachedData });
// As it was, or node would reject the cache for its flags.
if (building === 'all') require('node:v8').setFlagsFromString('--lazy');
if (building) process.once('exit', () => fs.writeFileSync(cache, script.createCachedData()));
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, bundle, path.dirname(bundle));
