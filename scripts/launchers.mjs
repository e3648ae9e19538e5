// Writes bin/tools: one launcher for each cloned tool that the build knows. Run after adding a tool; test/shape checks it.
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { toolNames } = await import('../dist/tool.js');
const folder = join(root, 'bin/tools');
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(join(folder, name));
for (const name of toolNames()) {
  writeFileSync(join(folder, name), "#!/usr/bin/env node\nimport { tool } from '../launch.js';\n\nawait tool(import.meta.url);\n");
  chmodSync(join(folder, name), 0o755);
}
