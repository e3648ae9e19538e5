// npm run build: generated files, then the bundles of dist/. `npm ci` runs it, so it may need nothing but dependencies.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { linked, modulesOf, telling } from './link.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
execFileSync(process.execPath, [join(root, 'scripts/generate.mjs')], { stdio: 'inherit' });

rmSync(join(root, 'dist'), { recursive: true, force: true });

const common = { platform: 'node', resolve: { mainFields: ['module', 'main'] }, logLevel: 'warn' };
const output = { format: 'esm', minify: true, sourcemap: true };
const bundle = async (options, out) => {
  const made = await rolldown({ ...common, ...options });
  await made.write({ ...output, ...out });
  await made.close();
};

// The library and drywall's own command line share chunks; each tool family has files of its own for its launchers, whose
// time goes into loading code (docs/decisions/0007-cold-start.md).
const programs = join(root, 'src/commands/generated/programs.ts');
const tools = join(root, 'dist/tools');
mkdirSync(tools, { recursive: true });

/**
 * A family's usual commands (usual.txt in its folder, a line each): what they run is loaded and compiled already when a tool
 * starts, the rest when first called. Those that begin with the same word follow each other.
 */
const usualOf = (family) => {
  const file = join(root, 'src/commands', family, 'usual.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
};

/** Runs a script of node's with a state of its own: a copy of `state`, or a fresh one. */
async function inState(state, args, env = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-build-'));
  const own = join(dir, 'state.db');
  try {
    if (state) writeFileSync(own, state);
    await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env, DRYWALL_STATE: own } });
    return readFileSync(own);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function tool(family, state) {
  const warm = (before, word, commands, env) => inState(before, [join(root, 'scripts/warm.mjs'), family, word, ...commands], env);
  const modules = await modulesOf(join(root, `src/cli/generated/${family}.ts`), common, { [programs]: 'programs' });
  const file = (name) => join(tools, `${family}${name}.js`);
  const usual = usualOf(family);
  writeFileSync(file(''), telling(modules));
  await warm(state, '', usual, { DRYWALL_RAN: file('.ran') });
  const ran = new Set(JSON.parse(readFileSync(file('.ran'), 'utf8')));
  rmSync(file('.ran'));
  const { first, second } = linked(modules, (m) => ran.has(m.path));
  writeFileSync(file(''), first);
  writeFileSync(file('.rest'), second);
  // What is kept for all is kept last: it would be found, and added to, for each word.
  const words = Map.groupBy(usual, (c) => c.split(' ')[1] ?? '');
  let before = state;
  if (words.size > 1) for (const [word, commands] of words) if (/^-?\w+$/.test(word)) before = await warm(before, word, commands, {});
  await warm(state, '', usual, {});
}

await bundle(
  { input: { index: join(root, 'src/index.ts'), vitest: join(root, 'src/vitest.ts'), drywall: join(root, 'src/cli/drywall.ts'), programs }, external: [/^node:/, 'vitest'] },
  { dir: join(root, 'dist'), entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js' },
);
const fresh = await inState(null, [join(root, 'bin/drywall'), 'state', 'reset']);
await Promise.all(readdirSync(join(root, 'src/cli/generated')).map((f) => tool(f.replace(/\.ts$/, ''), fresh)));
