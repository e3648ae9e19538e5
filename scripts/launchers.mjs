// Writes bin/tools: one launcher for each cloned tool that the build knows. Run after adding a tool; test/shape checks it.
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { programs } = await import('../dist/programs.js');
const folder = join(root, 'bin/tools');
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(join(folder, name));
for (const { tools, family } of programs) {
  for (const name of tools) {
    writeFileSync(join(folder, name), `#!/usr/bin/env node\nrequire('../launch.cjs').tool('${name}', '${family}');\n`);
    chmodSync(join(folder, name), 0o755);
  }
}
