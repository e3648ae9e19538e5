// npm run conformance [-- [--show N] [--area A] [--id PREFIX] [--every N] [--floors] FILE…]
// Plays the recorded cases of ../shared/cases and prints agreement by area. CI calls it with --floors: an area below its
// figure in floors.json fails the run. After a rise, --raise writes the new figures.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { play, type RecordedCase } from './play.ts';

const here = dirname(fileURLToPath(import.meta.url));
const cases = resolve(here, '../../../shared/cases');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    show: { type: 'string', default: '0' },
    area: { type: 'string' },
    id: { type: 'string' },
    every: { type: 'string', default: '1' },
    floors: { type: 'boolean', default: false },
    raise: { type: 'boolean', default: false },
  },
});
const floorsFile = join(here, 'floors.json');
const floors: Record<string, number> = JSON.parse(readFileSync(floorsFile, 'utf8'));
const files = positionals.length ? positionals.map((f) => resolve(f)) : ['xtables', 'nft', 'conntrack', 'packets'].map((f) => join(cases, f, 'cases.jsonl'));
const missing = files.filter((f) => !existsSync(f));
if (missing.length) {
  console.log(`no recorded cases at ${missing.join(', ')}: nothing compared`);
  process.exit(values.floors ? 0 : 1);
}

const tally = new Map<string, { agree: number; all: number }>();
let shown = 0;
let n = 0;
for (const file of files) {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '' || n++ % Number(values.every)) continue;
    const c: RecordedCase = JSON.parse(line);
    const kind = c.id.split('/')[0];
    const area = c.area ? `${kind}/${c.area}` : c.id.split('/').slice(0, 2).join('/');
    if ((values.area && area !== values.area) || (values.id && !c.id.startsWith(values.id))) continue;
    const why = await play(c).catch((e: unknown) => `threw ${e instanceof Error ? e.stack : e}`);
    const t = tally.get(area) ?? { agree: 0, all: 0 };
    tally.set(area, { agree: t.agree + (why === null ? 1 : 0), all: t.all + 1 });
    if (why !== null && shown++ < Number(values.show)) console.log(`✗ ${c.id}\n${why}\n`);
  }
}

let below = 0;
const sum = { agree: 0, all: 0 };
for (const [area, { agree, all }] of [...tally].sort()) {
  const low = values.floors && agree < (floors[area] ?? 0);
  if (low) below++;
  console.log(`${area.padEnd(24)} ${String(agree).padStart(5)} of ${String(all).padStart(5)}${low ? `  below its floor of ${floors[area]}` : ''}`);
  sum.agree += agree;
  sum.all += all;
  if (values.raise && agree > (floors[area] ?? 0)) floors[area] = agree;
}
if (values.raise) writeFileSync(floorsFile, `${JSON.stringify(Object.fromEntries(Object.entries(floors).sort()), null, 2)}\n`);
console.log(`${sum.agree} of ${sum.all} cases agree (${((100 * sum.agree) / Math.max(1, sum.all)).toFixed(1)} %)`);
process.exit(below ? 1 : 0);
