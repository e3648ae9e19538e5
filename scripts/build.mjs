// npm run build: generated files, then the bundles of dist/. `npm ci` runs it, so it may need nothing but dependencies.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

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

// The library and drywall's own command line share chunks; each tool family is one CommonJS file, because a launcher's
// time goes into loading modules, and Node loads these soonest.
const programs = join(root, 'src/commands/generated/programs.ts');
const families = readdirSync(join(root, 'src/cli/generated')).map((f) => f.replace(/\.ts$/, ''));
await Promise.all([
  bundle(
    { input: { index: join(root, 'src/index.ts'), drywall: join(root, 'src/cli/drywall.ts'), programs }, external: [/^node:/] },
    { dir: join(root, 'dist'), entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js' },
  ),
  ...families.map((f) =>
    bundle(
      {
        input: join(root, `src/cli/generated/${f}.ts`),
        external: (id) => id.startsWith('node:') || id.endsWith('generated/programs.ts'),
      },
      { file: join(root, `dist/tools/${f}.cjs`), format: 'cjs', codeSplitting: false, sourcemap: false, paths: { [programs]: '../programs.js' } },
    ),
  ),
]);
