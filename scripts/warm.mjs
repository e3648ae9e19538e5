// warm.mjs FAMILY COMMAND…: runs a family's bundle through usual commands and keeps V8's code for what they ran beside it.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [family, ...commands] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'drywall-warm-'));
process.env.DRYWALL_STATE = join(dir, 'state.db');
try {
  const { run, keep } = createRequire(import.meta.url)('../bin/launch.cjs').load(family);
  for (const c of commands) await run(c.split(' '));
  keep();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
