import { describe, expect, test } from 'vitest';
import { textMatches } from '../conformance/compare.ts';
import ceilings from './ceilings.json' with { type: 'json' };
import { compare, describeDifference, type Difference } from './differential.ts';
import { session } from './nft-tool-lines.ts';
import { Choice } from './random.ts';
import { whyNot } from './real.ts';

const reason = whyNot();
if (reason) console.log(`live nft tool tests not run: ${reason}`);

const seed = Number(process.env.DRYWALL_SEED ?? 1);
const wanted = Number(process.env.DRYWALL_TOOL_SESSIONS ?? 400);

/** Each session of the real tools has a folder of its own; drywall's are in the home folder. */
const here = (text: string): string => text.replace(/\/tmp\/ask-\w+\/d\d+/g, '/root');

describe.skipIf(reason !== null)('nft as a tool', () => {
  test(`${wanted} sessions of options, listings, -o, includes and -i give what the real tool gives`, async () => {
    const c = new Choice(seed);
    const differences: Difference[] = [];
    let asked = 0;
    for (; asked < wanted; asked += 200) {
      const o = await compare(
        Array.from({ length: 200 }, () => session(c)),
        (want, got) => textMatches(here(want), got),
      );
      differences.push(...o.differences);
    }
    console.log(`live nft tool: seed ${seed}, ${asked} sessions compared, ${differences.length} differ`);
    const share = differences.length / asked;
    if (share > ceilings.nftTool) console.log(differences.slice(0, 20).map(describeDifference).join('\n\n'));
    expect(share).toBeLessThanOrEqual(ceilings.nftTool);
  });
});
