import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check } from '../host/replay/check.ts';
import { capture, whyNoTalk } from './talk.ts';

const why = whyNoTalk();
if (why) console.log(`live captures not played: ${why}`);

const golden = readFileSync(resolve(import.meta.dirname, '../host/replay/golden/rules.nft'), 'utf8');
/** The same rules with other endings, so that other packets live and die. */
const RULES: Readonly<Record<string, string>> = {
  'the rules of the golden capture': golden,
  'everything accepted': golden.replaceAll('policy drop', 'policy accept').replaceAll(/ (dnat|masquerade|reject)( (to|with) .*)?$/gm, ''),
  'marks, priorities and notrack': `${golden}table inet more {
	chain pre {
		type filter hook prerouting priority raw; policy accept;
		icmp type echo-request counter notrack
		tcp dport 8080 counter meta mark set 7
	}
	chain through {
		type filter hook forward priority filter + 10; policy accept;
		meta mark 7 counter
		ct state untracked counter
		ip ttl < 64 counter
	}
}
`,
};

describe.skipIf(why !== null)('replaying what tcpdump caught gives what the kernel did', () => {
  test.each(Object.entries(RULES))('%s', async (_, rules) => {
    const dir = mkdtempSync(join(tmpdir(), 'drywall-capture-'));
    try {
      capture(rules, dir);
      const c = await check(dir);
      expect(c.played).toBeGreaterThan(30);
      expect(c.model).toEqual(c.kernel);
      expect(c.rulesModel).toBe(c.rulesKernel);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
