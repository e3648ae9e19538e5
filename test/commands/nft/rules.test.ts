import { createHost } from 'drywall';
import { describe, expect, it } from 'vitest';
import { again, isFixed, nameOf, recordedListings } from '../../conformance/roundtrip.ts';
import { goldenRules, session } from './rules.ts';
import moved from './moved.golden.json' with { type: 'json' };

describe('rules as the real nft answered to them', () => {
  for (const family of ['ip', 'ip6', 'inet', 'bridge', 'netdev', 'arp'])
    it(family, async () => {
      for (const g of goldenRules().filter((x) => x.family === family)) {
        const host = await createHost({ container: true });
        const [base, add, text, json] = session(g.family, g.rule);
        await host.exec(base.argv, { stdin: base.stdin });
        const added = await host.exec(add.argv);
        const got = { status: added.status, stderr: added.stderr, text: (await host.exec(text.argv)).stdout, json: (await host.exec(json.argv)).stdout };
        await host.close();
        expect(got, g.rule).toEqual({ status: g.status, stderr: g.stderr, text: g.text, json: g.json });
        const second = await again(g.text, false);
        expect(second.listing === g.text, `${g.rule} read again`).toBe(g.fixed);
      }
    });
});

/** Listings that the real tool does not take back as they are: `moved.golden.json`, recorded by test/oracle/record-moved.ts. */
const recorded = recordedListings();
describe.skipIf(recorded.text.length === 0)('listings of the recorded cases, read and listed again, are the same where the real tool lists the same', () => {
  for (const kind of ['text', 'json'] as const)
    it(kind, async () => {
      const known = new Set(moved[kind]);
      const wrong: string[] = [];
      for (const t of recorded[kind]) if (isFixed(t, await again(t, kind === 'json')) === known.has(nameOf(t))) wrong.push(t);
      expect(wrong).toEqual([]);
    }, 120_000);
});
