// What every launcher does first: a Node that is new enough, and compiled code kept between starts.
const [major, minor] = process.versions.node.split('.').map(Number);

/** True when this Node will do; else starts the newer one that npm installed beside us and ends with its status. */
function ready() {
  if (major > 22 || (major === 22 && minor >= 13)) {
    require('node:module').enableCompileCache();
    return true;
  }
  const { join } = require('node:path');
  const newer = join(__dirname, '..', 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!require('node:fs').existsSync(newer)) {
    process.stderr.write(`drywall: Node ${process.versions.node} is too old and there is no newer one beside it: install Node 22.13 or later\n`);
    process.exit(1);
  }
  process.exit(require('node:child_process').spawnSync(newer, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1);
}

/** A cloned tool: its name is that of the launcher, its bundle that of its family. */
exports.tool = (name, family) => {
  if (ready())
    require(`../dist/tools/${family}.cjs`)
      .run([name, ...process.argv.slice(2)])
      .then((status) => {
        process.exitCode = status;
      });
};

/** drywall's own command line. */
exports.drywall = () => {
  if (ready()) import('../dist/drywall.js').then((m) => m.main(process.argv));
};
