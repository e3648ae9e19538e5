import { describe, expect, test } from 'vitest';
import { textMatches } from '../conformance/compare.ts';
import ceilings from './ceilings.json' with { type: 'json' };
import { compare, describeDifference, type Difference } from './differential.ts';
import { oneRule } from './nft/one-rule.ts';
import { ruleset } from './nft/ruleset.ts';
import { Choice } from './random.ts';
import { whyNot, type Step } from './real.ts';

const reason = whyNot();
if (reason) console.log(`live nft debug tests not run: ${reason}`);

const seed = Number(process.env.DRYWALL_SEED ?? 1);
const wanted = Number(process.env.DRYWALL_DEBUG_SESSIONS ?? 400);

/** The bytecode that is sent, then the one that the kernel gives back, of the whole and of one chain, and what events are told. */
const session = (stdin: string): Step[] => [
  { argv: ['nft', '--debug=netlink', '-f', '-'], stdin, judged: true },
  { argv: ['nft', '-d', 'netlink', 'list', 'ruleset'] },
  { argv: ['nft', '-d', 'netlink', '-j', 'list', 'sets'] },
  { argv: ['sh', '-c', 'nft list ruleset >again.nft; nft flush ruleset; nft -d netlink -f again.nft'] },
];

/** Chains written in rules are numbered by the machine, and the seed of a hash orders what a dump of its elements says. */
function comparable(text: string): string {
  const lines = text.replace(/__chain\d+/g, '__chain').split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith('\telement ')) continue;
    const from = i;
    while (lines[i + 1]?.startsWith('\telement ')) i++;
    lines.splice(from, i + 1 - from, ...lines.slice(from, i + 1).sort());
  }
  return lines.join('\n');
}

describe.skipIf(reason !== null)('nft --debug=netlink', () => {
  for (const [what, generate, ceiling] of [
    ['rules', oneRule, ceilings['nft debug']],
    ['rulesets', ruleset, ceilings['nft debug rulesets']],
  ] as const)
    test(`${what}: ${wanted} told as the real tool tells them`, async () => {
      const c = new Choice(seed);
      const differences: Difference[] = [];
      let asked = 0,
        accepted = 0;
      for (; asked < wanted; asked += 200) {
        const o = await compare(
          Array.from({ length: 200 }, () => session(generate(c))),
          (want, got) => textMatches(comparable(want), comparable(got)),
        );
        accepted += o.accepted;
        differences.push(...o.differences);
      }
      console.log(`live nft debug ${what}: seed ${seed}, ${asked} compared (${accepted} accepted), ${differences.length} differ`);
      const share = differences.length / asked;
      if (share > ceiling) console.log(differences.slice(0, 20).map(describeDifference).join('\n\n'));
      expect(share).toBeLessThanOrEqual(ceiling);
    });
});
