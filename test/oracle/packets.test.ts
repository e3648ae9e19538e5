import { describe as suite, expect, test } from 'vitest';
import ceilings from './ceilings.json' with { type: 'json' };
import { type Difference, differences } from './packets/batch.ts';
import { describe } from './packets/describe.ts';
import type { Kind } from './packets/generate/kinds.ts';
import { whyNot } from './real.ts';

const reason = whyNot();
if (reason) console.log(`live packet tests not run: ${reason}`);

const seed = Number(process.env.DRYWALL_SEED ?? 1);
const count = Number(process.env.DRYWALL_SCENARIOS ?? 500);

async function compare(o: { readonly count: number; readonly kind?: Kind; readonly helper?: string }): Promise<void> {
  const found: Difference[] = [];
  const { steps, failed } = await differences({ kind: 'routed', seed, ...o, jobs: 4, shrink: true, each: (d) => found.push(d) });
  console.log(
    `live packets: seed ${seed}, ${o.count} ${o.helper ? 'dialogs' : (o.kind ?? 'routed')} scenarios of ${steps} steps, ${found.length} differ, ${failed} could not be played`,
  );
  if (found.length) console.log(found.map((d) => `${describe(d)}\n${JSON.stringify(d.recorded)}`).join('\n'));
  expect(failed / o.count).toBeLessThan(0.01);
  // What is known to differ is in docs/divergences.md; the share of it may fall, never rise.
  expect(found.length / o.count).toBeLessThanOrEqual(ceilings.packets);
}

suite.skipIf(reason !== null)('random scenarios', () => {
  test(`${count} of them: the kernel emits, counts and tracks what drywall does`, () => compare({ count }));
  const few = Math.ceil(count / 4);
  test(`${few} of them with bridges, pairs, frames and ARP`, () => compare({ count: few, kind: 'wide' }));
  test(`${few} dialogs of helpers`, () => compare({ count: few, helper: 'all' }));
});
