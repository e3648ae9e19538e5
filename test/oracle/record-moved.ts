// node test/oracle/record-moved.ts: reads every listing of the recorded cases with the real nft and lists the ruleset again;
// names of those that come out different go to test/commands/nft/moved.golden.json. Needs root (test/oracle/real.ts).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFixed, nameOf, recordedListings } from '../conformance/roundtrip.ts';
import { askAll, whyNot } from './real.ts';

const reason = whyNot();
if (reason) throw new Error(reason);
const recorded = recordedListings();
const moved: Record<string, string[]> = {};
for (const kind of ['text', 'json'] as const) {
  const flags = kind === 'json' ? ['-j'] : [];
  const answers = askAll(recorded[kind].map((stdin) => [{ argv: ['nft', ...flags, '-f', '-'], stdin }, { argv: ['nft', ...flags, 'list', 'ruleset'] }]));
  moved[kind] = recorded[kind].filter((t, i) => !isFixed(t, { status: answers[i][0].status, listing: answers[i][1].stdout })).map(nameOf);
  console.log(`${kind}: ${recorded[kind].length} listings, ${moved[kind].length} move`);
}
writeFileSync(join(import.meta.dirname, '../commands/nft/moved.golden.json'), `${JSON.stringify(moved, null, 1)}\n`);
