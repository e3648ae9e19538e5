// npm run build: generated files, then the bundles of dist/. `npm ci` runs it, so it may need nothing but dependencies.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
execFileSync(process.execPath, [join(root, 'scripts/generate.mjs')], { stdio: 'inherit' });

rmSync(join(root, 'dist'), { recursive: true, force: true });
const bundle = await rolldown({
  input: { index: join(root, 'src/index.ts'), drywall: join(root, 'src/cli/drywall.ts'), tool: join(root, 'src/cli/tool.ts') },
  platform: 'node',
  external: [/^node:/, 'just-bash'],
  resolve: { mainFields: ['module', 'main'] },
  logLevel: 'warn',
});
await bundle.write({ dir: join(root, 'dist'), format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js', minify: { compress: false, mangle: false } });
await bundle.close();
