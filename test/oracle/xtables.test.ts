import { describe, expect, test } from 'vitest';
import { compare, describeDifference, type Difference } from './differential.ts';
import { Choice } from './random.ts';
import { type Step, whyNot } from './real.ts';
import { ruleLine, ruleSession } from './xtables-lines.ts';
import { restoreSession } from './xtables-restore.ts';
import { commandSession } from './xtables-sessions.ts';

const reason = whyNot();
if (reason) console.log(`live xtables tests not run: ${reason}`);

const seed = Number(process.env.DRYWALL_SEED ?? 1);
const wanted = { accepted: Number(process.env.DRYWALL_VALID ?? 300), refused: Number(process.env.DRYWALL_BROKEN ?? 150) };
const sessionsWanted = Number(process.env.DRYWALL_SESSIONS ?? 200);

describe.skipIf(reason !== null)('random command lines of the iptables family', () => {
  test(`${wanted.accepted} valid and ${wanted.refused} broken ones give what the real tools give`, async () => {
    const c = new Choice(seed);
    const total = { accepted: 0, refused: 0 };
    const differences: Difference[] = [];
    while (total.accepted < wanted.accepted || total.refused < wanted.refused) {
      const sessions = Array.from({ length: 200 }, () => ruleSession(c, ruleLine(c), total.refused < wanted.refused && c.in(3)));
      const o = await compare(sessions);
      total.accepted += o.accepted;
      total.refused += o.refused;
      differences.push(...o.differences);
    }
    console.log(`live xtables: seed ${seed}, ${total.accepted} valid and ${total.refused} broken command lines compared, ${differences.length} differ`);
    expect(differences.map(describeDifference)).toEqual([]);
  });

  const others: readonly (readonly [string, (c: Choice) => Step[]])[] = [
    ['sequences of commands', commandSession],
    ['files to restore, to translate and to write as XML', (c) => restoreSession(c, c.in(3))],
  ];
  test.each(others)(`${sessionsWanted} %s give what the real tools give`, async (what, make) => {
    const c = new Choice(seed);
    const differences: Difference[] = [];
    for (let left = sessionsWanted; left > 0; left -= 200) {
      const o = await compare(Array.from({ length: Math.min(200, left) }, () => make(c)));
      differences.push(...o.differences);
    }
    console.log(`live xtables: seed ${seed}, ${sessionsWanted} ${what} compared, ${differences.length} differ`);
    expect(differences.map(describeDifference)).toEqual([]);
  });
});
