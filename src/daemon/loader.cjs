'use strict';
// Runs the program's bundle from V8's code cache, which the build has put beside it: compiling it anew would be a third of the
// start. A cache that node rejects (another version, other flags) costs some milliseconds and nothing else.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const self = fs.realpathSync(__filename);
const bundle = `${self}.bundle.cjs`;
const cache = `${self}.cache`;

const building = process.env.RINGFENCE_CODE_CACHE === 'write';
delete process.env.RINGFENCE_CODE_CACHE;
const source = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, 'utf8')}\n})`;
const cachedData = !building && fs.existsSync(cache) ? fs.readFileSync(cache) : undefined;
const script = new vm.Script(source, { filename: bundle, cachedData });
// With the functions in it that a run needs: the build runs the program once.
if (building) process.once('exit', () => fs.writeFileSync(cache, script.createCachedData()));
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, bundle, path.dirname(bundle));
