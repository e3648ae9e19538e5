import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createHost } from '../../src/host/create.ts';

/** Rules with every match, as Debian 13's iptables 1.8.11 took or refused, listed and translated them on Linux 6.18. */
interface Recorded {
  readonly tool: string;
  readonly table: string;
  readonly chain: string;
  readonly rule: readonly string[];
  readonly status: number;
  readonly stderr: string;
  readonly saved: readonly string[];
  readonly listed: readonly string[];
  readonly translated: string;
}
const recorded = readFileSync(new URL('./xtables-matches.golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l) as Recorded);
const matchOf = (r: Recorded): string => (r.rule.includes('-m') ? r.rule[r.rule.indexOf('-m') + 1] : r.rule[r.rule.indexOf('-p') + 1]);

describe('matches agree with the recorded tool', () => {
  for (const name of [...new Set(recorded.map(matchOf))].sort()) {
    it(name, async () => {
      for (const r of recorded.filter((x) => matchOf(x) === name)) {
        const host = await createHost({ container: true });
        for (const set of ['foo hash:ip counters', 'foo6 hash:ip family inet6', 'fp hash:ip,port', 'fl list:set']) await host.exec(['ipset', 'create', ...set.split(' ')]);
        const at = ['-t', r.table];
        const added = await host.exec([r.tool, ...at, '-A', r.chain, ...r.rule]);
        const saved = (await host.exec([r.tool, ...at, '-S', r.chain])).stdout.split('\n').filter((l) => l.startsWith('-A'));
        const listed = (await host.exec([r.tool, ...at, '-L', r.chain, '-n'])).stdout
          .split('\n')
          .slice(2)
          .filter((l) => l !== '');
        const translated = (await host.exec([`${r.tool}-translate`, ...at, '-A', r.chain, ...r.rule])).stdout;
        expect({ rule: r.rule, status: added.status, stderr: added.stderr, saved, listed, translated }).toEqual({
          rule: r.rule,
          status: r.status,
          stderr: r.stderr,
          saved: r.saved,
          listed: r.listed,
          translated: r.translated,
        });
      }
    });
  }
});
