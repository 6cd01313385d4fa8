'use strict';
// Runs the program's bundle from V8's code cache. The cache lies beside the bundle (made by the build) or, when node or its
// flags changed since, in the user's cache folder, where it is made anew at the end of the first run. A cache that node
// rejects costs some milliseconds and nothing else.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const self = fs.realpathSync(__filename);
const bundle = `${self}.bundle.cjs`;
const mine = `${self}.cache`;
const key = `${path.basename(self)}-${process.version}-${process.arch}-${fs.statSync(bundle).mtimeMs}`;
const home = process.env.XDG_CACHE_HOME?.startsWith('/') ? process.env.XDG_CACHE_HOME : `${process.env.HOME}/.cache`;
const theirs = `${home}/ringfence/${key}.cache`;
const read = (file) => {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
};
const compile = (cachedData) =>
  new vm.Script(`(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, 'utf8')}\n})`, {
    filename: bundle,
    cachedData,
  });
let script = compile(read(mine));
if (script.cachedDataRejected !== false) script = compile(read(theirs));
const building = process.env.RINGFENCE_CODE_CACHE === 'write';
delete process.env.RINGFENCE_CODE_CACHE;
if (building || script.cachedDataRejected !== false) {
  process.once('exit', () => {
    const file = building ? mine : theirs;
    const beside = `${file}.${process.pid}`;
    try {
      if (!building) fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      fs.writeFileSync(beside, script.createCachedData());
      fs.renameSync(beside, file);
    } catch {
      fs.rmSync(beside, { force: true });
    }
  });
}
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, bundle, path.dirname(bundle));
