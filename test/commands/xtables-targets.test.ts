import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createHost } from '../../src/host/create.ts';

/** Rules with every target, as Debian 13's iptables 1.8.11 took or refused them on Linux 6.18. */
interface Recorded {
  readonly tool: string;
  readonly table: string;
  readonly chain: string;
  readonly rule: readonly string[];
  readonly status: number;
  readonly stderr: string;
  readonly saved: readonly string[];
  readonly listed: readonly string[];
}
const recorded = readFileSync(new URL('./xtables-targets.golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l) as Recorded);
const targetOf = (r: Recorded): string => r.rule[r.rule.indexOf('-j') + 1];

describe('targets agree with the recorded tool', () => {
  for (const name of [...new Set(recorded.map(targetOf))].sort()) {
    it(name, async () => {
      for (const r of recorded.filter((x) => targetOf(x) === name)) {
        const host = await createHost({ container: true });
        await host.exec(['ipset', 'create', 'h', 'hash:ip']);
        const at = ['-t', r.table];
        const added = await host.exec([r.tool, ...at, '-A', r.chain, ...r.rule]);
        const saved = (await host.exec([r.tool, ...at, '-S', r.chain])).stdout.split('\n').filter((l) => l.startsWith('-A'));
        const listed = (await host.exec([r.tool, ...at, '-L', r.chain, '-n'])).stdout
          .split('\n')
          .slice(2)
          .filter((l) => l !== '');
        expect({ rule: r.rule, status: added.status, stderr: added.stderr, saved, listed }).toEqual({
          rule: r.rule,
          status: r.status,
          stderr: r.stderr,
          saved: r.saved,
          listed: r.listed,
        });
      }
    });
  }
});
