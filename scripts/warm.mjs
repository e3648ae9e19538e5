// warm.mjs FAMILY WORD COMMAND…: runs a family's bundle through usual commands, in the state of $DRYWALL_STATE. With
// DRYWALL_RAN=FILE it writes down which modules ran; else V8's code for what they ran is kept beside the bundle, for commands
// that begin with the word, or for all.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [family, word, ...commands] = process.argv.slice(2);
const ran = [];
globalThis.ran = (path) => ran.push(path);
const { run, keep, rest } = createRequire(import.meta.url)('../bin/launch.cjs').load(family, 'none');
for (const c of commands) {
  const status = await run(c.split(' '));
  if (status !== 0) throw new Error(`${c}: status ${status}`);
}
if (process.env.DRYWALL_RAN) writeFileSync(process.env.DRYWALL_RAN, JSON.stringify(ran));
else {
  if (!word) rest();
  keep(word);
}
