// What every launcher does first: a Node that is new enough, and compiled code kept between starts.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);

/** Loads a bundle and hands it to `run`; on an older Node, starts the newer one that npm installed beside us. */
export async function start(bundle, run) {
  if (major < 22 || (major === 22 && minor < 13)) {
    const newer = join(here, '..', 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (!existsSync(newer)) {
      process.stderr.write(`drywall: Node ${process.versions.node} is too old and there is no newer one beside it: install Node 22.13 or later\n`);
      process.exit(1);
    }
    const child = spawnSync(newer, process.argv.slice(1), { stdio: 'inherit' });
    process.exit(child.status ?? 1);
  }
  module.enableCompileCache?.();
  await run(await import(bundle));
}

/** A cloned tool: its name is that of the launcher, its bundle that of its family. */
export const tool = (file, family) => start(`../dist/tools/${family}.js`, async (m) => { process.exitCode = await m.run([basename(fileURLToPath(file)), ...process.argv.slice(2)]); });
