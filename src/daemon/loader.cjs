'use strict';
// Runs what the program wants under way before it is loaded, where there is such a thing, and then the program's bundle from V8's
// code cache. One made by the build lies beside the bundle; a better one, which holds the functions that a real run needs, is
// made in the user's cache folder by the first run of this build on this node. A cache that node rejects (another version, other
// flags) costs some milliseconds and nothing else.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const self = fs.realpathSync(__filename);
const first = `${self}.join.cjs`;
const underWay = fs.existsSync(first) ? require(first).joining : undefined;
const name = path.basename(self);
const bundle = `${self}.bundle.cjs`;
const built = `${self}.cache`;
const { mtimeMs, size } = fs.statSync(bundle);
const cacheHome = process.env.XDG_CACHE_HOME?.startsWith('/')
  ? process.env.XDG_CACHE_HOME
  : `${process.env.HOME}/.cache`;
const folder = `${cacheHome}/ringfence`;
const learnt = `${folder}/${name}-${process.version}-${process.arch}-${size}-${mtimeMs}.cache`;

function compile(file, source) {
  let cachedData;
  try {
    cachedData = fs.readFileSync(file);
  } catch {
    return undefined;
  }
  const script = new vm.Script(source, { filename: bundle, cachedData });
  return script.cachedDataRejected ? undefined : script;
}

const building = process.env.RINGFENCE_CODE_CACHE === 'write';
delete process.env.RINGFENCE_CODE_CACHE;
// One turn of the event loop, in which it is sent; the answer is read when the program is there.
if (underWay === undefined) run();
else underWay.sent.then(run);

function run() {
  const source = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, 'utf8')}\n})`;
  let script = building ? undefined : compile(learnt, source);
  if (script === undefined) {
    script = compile(built, source) ?? new vm.Script(source, { filename: bundle });
    let written = false;
    const write = () => {
      if (written) return;
      written = true;
      const file = building ? built : learnt;
      const beside = `${file}.${process.pid}`;
      try {
        if (!building) fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
        fs.writeFileSync(beside, script.createCachedData());
        fs.renameSync(beside, file);
        const older = building ? [] : fs.readdirSync(folder).filter((entry) => entry.startsWith(`${name}-`));
        for (const entry of older) if (path.join(folder, entry) !== file) fs.rmSync(path.join(folder, entry));
      } catch {
        // No place to keep it: the next start is as slow as this one.
        fs.rmSync(beside, { force: true });
      }
    };
    // A daemon may never end by itself: by then it has started.
    setTimeout(write, 3000).unref();
    process.once('exit', write);
  }
  const module_ = { exports: {} };
  script.runInThisContext()(module_.exports, require, module_, bundle, path.dirname(bundle));
}
