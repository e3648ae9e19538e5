import { createHost } from 'drywall';
import { describe, expect, it } from 'vitest';
import { again, recordedListings } from '../../conformance/roundtrip.ts';
import { goldenRules, session } from './rules.ts';

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

/** Handles count on, and a time left is told as it was recorded. */
const settled = (listing: string): string => listing.replace(/ # handle \d+|"handle": \d+/g, '').replace(/expires \w+|"expires": ("TIME"|\d+)/g, 'expires');

/** Listings of the recorded cases that the real tool does not list the same again, or that name what the recording replaced. */
const NOT_FIXED = { text: 35, json: 49 };

const recorded = recordedListings();
describe.skipIf(recorded.text.length === 0)('listings of the recorded cases', () => {
  it('print, parse, print is a fixed point', async () => {
    let moved = 0;
    for (const t of recorded.text) {
      const r = await again(t, false);
      if (r.status !== 0 || settled(r.listing) !== settled(t)) moved++;
    }
    expect(moved).toBeLessThanOrEqual(NOT_FIXED.text);
  }, 120_000);

  it('JSON likewise', async () => {
    let moved = 0;
    for (const t of recorded.json) {
      const r = await again(t, true);
      if (r.status !== 0 || settled(r.listing) !== settled(t)) moved++;
    }
    expect(moved).toBeLessThanOrEqual(NOT_FIXED.json);
  }, 120_000);
});
