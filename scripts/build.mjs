// npm run build: generated files, then the bundles of dist/. `npm ci` runs it, so it may need nothing but dependencies.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
execFileSync(process.execPath, [join(root, 'scripts/generate.mjs')], { stdio: 'inherit' });

const bundle = await rolldown({
  input: { index: join(root, 'src/index.ts') },
  platform: 'node',
  external: [/^node:/],
  resolve: { mainFields: ['module', 'main'] },
  logLevel: 'warn',
});
await bundle.write({ dir: join(root, 'dist'), format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js' });
await bundle.close();
