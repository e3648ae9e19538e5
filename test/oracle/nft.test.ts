import { describe, expect, test } from 'vitest';
import { compare, describeDifference, type Difference } from './differential.ts';
import { oneRule } from './nft/one-rule.ts';
import { ruleset } from './nft/ruleset.ts';
import { Choice } from './random.ts';
import type { Step } from './real.ts';
import ceilings from './ceilings.json' with { type: 'json' };
import { whyNot } from './real.ts';

const reason = whyNot();
if (reason) console.log(`live nft tests not run: ${reason}`);

const seed = Number(process.env.DRYWALL_SEED ?? 1);
const wanted = Number(process.env.DRYWALL_RULES ?? 400);

/** Loaded and listed; then its text and its JSON each read into an empty ruleset and listed again. */
const session = (stdin: string): Step[] => [
  { argv: ['nft', '-f', '-'], stdin },
  { argv: ['nft', 'list', 'ruleset'] },
  { argv: ['nft', '-j', 'list', 'ruleset'] },
  { argv: ['sh', '-c', 'nft list ruleset >again.nft; nft flush ruleset; nft -f again.nft; nft list ruleset'] },
  { argv: ['sh', '-c', 'nft -j list ruleset >again.json; nft flush ruleset; nft -j -f again.json; nft list ruleset'] },
];

describe.skipIf(reason !== null)('random nft', () => {
  for (const [what, generate, ceiling] of [
    ['rules', oneRule, ceilings.nft],
    ['rulesets', ruleset, ceilings['nft rulesets']],
  ] as const)
    test(`${what}: ${wanted} accepted, and those refused on the way, give what the real tool gives`, async () => {
      const c = new Choice(seed);
      const total = { accepted: 0, refused: 0 };
      const differences: Difference[] = [];
      while (total.accepted < wanted) {
        const o = await compare(Array.from({ length: 200 }, () => session(generate(c))));
        total.accepted += o.accepted;
        total.refused += o.refused;
        differences.push(...o.differences);
      }
      console.log(`live nft ${what}: seed ${seed}, ${total.accepted} accepted and ${total.refused} refused compared, ${differences.length} differ`);
      const share = differences.length / (total.accepted + total.refused);
      if (share > ceiling) console.log(differences.slice(0, 20).map(describeDifference).join('\n\n'));
      // What is known to differ is in docs/divergences.md; the share of it may fall, never rise.
      expect(share).toBeLessThanOrEqual(ceiling);
    });
});
