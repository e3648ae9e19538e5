// What every launcher does first: a Node that is new enough, and compiled code kept between starts.
const [major, minor] = process.versions.node.split('.').map(Number);

/** True when this Node will do; else starts the newer one that npm installed beside us and ends with its status. */
function ready() {
  if (major > 22 || (major === 22 && minor >= 13)) return true;
  const { join } = require('node:path');
  const newer = join(__dirname, '..', 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!require('node:fs').existsSync(newer)) {
    process.stderr.write(`drywall: Node ${process.versions.node} is too old and there is no newer one beside it: install Node 22.13 or later\n`);
    process.exit(1);
  }
  process.exit(require('node:child_process').spawnSync(newer, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);
}

/** Scripts that were run, with what else there is to know of them. */
const scripts = [];

/**
 * The value of a script of dist/tools. V8's code for the functions that a command ran lies beside it, one file for each
 * version of Node: Node's own compile cache holds only what is compiled while a file is loaded.
 */
function evaluate(name) {
  const { readFileSync } = require('node:fs');
  const { Script } = require('node:vm');
  const filename = `${__dirname}/../dist/tools/${name}.js`;
  const kept = `${filename}.${process.version}-${process.arch}`;
  let cachedData;
  try {
    cachedData = readFileSync(kept);
  } catch {}
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData });
  scripts.push({ script, kept, cached: cachedData !== undefined && !script.cachedDataRejected });
  return script.runInThisContext();
}

/** Keeps the code of scripts, of all or of those that had none. */
function keep(all) {
  const { renameSync, writeFileSync } = require('node:fs');
  for (const { script, kept, cached } of scripts) {
    if (cached && !all) continue;
    try {
      writeFileSync(`${kept}.${process.pid}`, script.createCachedData());
      renameSync(`${kept}.${process.pid}`, kept);
    } catch {} // a folder that is not ours: the next start compiles again
  }
}

/** A family's bundle. */
function load(family) {
  const tool = { keep: () => keep(true) };
  evaluate(family)(
    tool,
    require,
    (name) => import(`../dist/${name}.js`),
    () => evaluate(`${family}.rest`),
  );
  return tool;
}
exports.load = load;

/** A cloned tool: its name is that of the launcher, its bundle that of its family. */
exports.tool = (name, family) => {
  if (!ready()) return;
  load(family)
    .run([name, ...process.argv.slice(2)])
    .then((status) => {
      keep(false);
      // At once: the state is committed and all is written.
      process.reallyExit(status);
    });
};

/** drywall's own command line. */
exports.drywall = () => {
  if (!ready()) return;
  require('node:module').enableCompileCache();
  import('../dist/drywall.js').then((m) => m.main(process.argv));
};
