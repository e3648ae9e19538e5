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
 * The value of a script of dist/tools. V8's code for functions that commands ran lies beside it, for each version of Node:
 * in a file for commands that begin with `word`, or in one for all. (Node's own compile cache holds only what is compiled
 * while a file is loaded.)
 */
function evaluate(name, word) {
  const { readFileSync } = require('node:fs');
  const { Script } = require('node:vm');
  const filename = `${__dirname}/../dist/tools/${name}.js`;
  const text = readFileSync(filename, 'latin1');
  const kept = `${filename}.${text.slice(-10)}.${process.version}-${process.arch}`;
  let script;
  for (const file of word ? [`${kept}.${word}`, kept] : [kept])
    try {
      script = new Script(text, { filename, cachedData: readFileSync(file) });
      if (!script.cachedDataRejected) break;
    } catch {} // not kept yet
  script ??= new Script(text, { filename });
  scripts.push({ script, kept, cached: script.cachedDataRejected === false });
  return script.runInThisContext();
}

/** Keeps the code of scripts: of those that had none, or of all under a word. */
function keep(word) {
  const { renameSync, writeFileSync } = require('node:fs');
  for (const { script, kept, cached } of scripts) {
    if (cached && word === undefined) continue;
    const file = word ? `${kept}.${word}` : kept;
    try {
      writeFileSync(`${file}.${process.pid}`, script.createCachedData());
      renameSync(`${file}.${process.pid}`, file);
    } catch {} // a folder that is not ours: the next start compiles again
  }
}

/** A family's bundle, for a command that begins with `word`. */
function load(family, word = '') {
  const rest = () => evaluate(`${family}.rest`, '');
  const tool = { keep, rest };
  evaluate(family, /^[-\w]{1,12}$/.test(word) ? word : '')(tool, require, (name) => import(`../dist/${name}.js`), rest);
  return tool;
}
exports.load = load;

/** A cloned tool: its name is that of the launcher, its bundle that of its family. */
exports.tool = (name, family) => {
  if (!ready()) return;
  load(family, process.argv[2])
    .run([name, ...process.argv.slice(2)])
    .then((status) => {
      keep();
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
