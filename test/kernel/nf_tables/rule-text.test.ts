import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemoryHost } from '../../../src/host/create.ts';
import type { KeptRule } from '../../../src/kernel/nf_tables/kept-rule.ts';
import { RuleReader, RuleWriter } from '../../../src/kernel/nf_tables/rule-text.ts';

const golden = (name: string): Record<string, unknown>[] =>
  readFileSync(new URL(`../../commands/${name}.golden.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l));

const textOf = (fill: (w: RuleWriter) => void): string => {
  const writer = new RuleWriter();
  fill(writer);
  return writer.text();
};

/** Rules of all kinds, from lines that the real tools took. */
async function rulesOf(tool: string): Promise<KeptRule[]> {
  const host = new MemoryHost({ container: true });
  for (const set of ['foo hash:ip counters', 'foo6 hash:ip family inet6', 'fp hash:ip,port', 'fl list:set']) await host.exec(['ipset', 'create', ...set.split(' ')]);
  for (const name of ['xtables-matches', 'xtables-targets'])
    for (const r of golden(name)) if (r.tool === tool && r.status === 0) await host.exec([tool, '-t', String(r.table), '-A', String(r.chain), ...(r.rule as string[])]);
  for (const family of ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']) await host.exec(['nft', `add table ${family} t; add chain ${family} t c`]);
  if (tool === 'nft') for (const r of golden('nft/rules')) if (r.status === 0) await host.exec([tool, `add rule ${String(r.family)} t c ${String(r.rule)}`]);
  return host.machine.net.nft.ruleset.tables.flatMap((t) => t.chains.flatMap((c) => c.rules));
}

describe('rules as text', () => {
  for (const tool of ['iptables', 'ip6tables', 'nft'])
    it(`are the same again: ${tool}`, async () => {
      const rules = await rulesOf(tool);
      expect(rules.length).toBeGreaterThan(100);
      const text = textOf((w) => {
        for (const r of rules) r.writeTo(w);
      });
      const reader = new RuleReader(text);
      expect(rules.map((_, i) => reader.rule(i).exprs)).toEqual(rules.map((r) => r.exprs));
      expect(
        rules.map((_, i) => {
          const { comment, userdata, compat } = { comment: undefined, userdata: undefined, compat: undefined, ...reader.rule(i).rest };
          return { comment, userdata, compat };
        }),
      ).toEqual(rules.map(({ comment, userdata, compat }) => ({ comment, userdata, compat })));
      // Copied line by line, in any order, they are what they were written as.
      expect(textOf((w) => rules.forEach((_, i) => w.copy(reader, i)))).toBe(text);
      const backwards = new RuleReader(textOf((w) => rules.forEach((_, i) => w.copy(reader, rules.length - 1 - i))));
      expect(rules.map((_, i) => backwards.rule(rules.length - 1 - i).exprs)).toEqual(rules.map((r) => r.exprs));
    });

  it('hold values of any look', () => {
    const exprs = [
      { kind: 'a', data: new Uint8Array(), other: Uint8Array.of(0, 255), info: { n: [15, 16, 2 ** 40, -3, 1.5], text: '{"$":"b"} ', prefix: '' } },
      { kind: 'b', packets: 0n, bytes: 2n ** 64n - 1n, below: -5n, set: 'näme with blanks', setId: 3 },
      { kind: 'c', map: new Map([[1, 'x']]), nothing: null, yes: true },
    ];
    const rest = { comment: '', userdata: Uint8Array.of(1) };
    const reader = new RuleReader(
      textOf((w) => {
        w.add({ exprs, rest: null });
        w.add({ exprs: [], rest: null });
        w.add({ exprs: exprs.slice(1), rest });
      }),
    );
    expect([0, 1, 2].map((i) => reader.rule(i))).toEqual([
      { exprs, rest: null },
      { exprs: [], rest: null },
      { exprs: exprs.slice(1), rest },
    ]);
  });
});
