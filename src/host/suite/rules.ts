import { RuleTexts } from '../../commands/rules/text.ts';
import type { Chain, Rule, Table } from '../../kernel/nf_tables/objects.ts';
import type { RuleOrigin } from '../../kernel/nf_tables/nf-tables.ts';
import type { Host } from '../host.ts';

/** A rule of the host, in the words of the tool that made it. */
export interface RuleRow {
  readonly table: Table;
  readonly chain: Chain;
  readonly rule: Rule;
  readonly legacy: boolean;
  /** Counts from 1. */
  readonly position: number;
  readonly text: string;
  readonly counter: { readonly packets: bigint; readonly bytes: bigint } | null;
  readonly origin: RuleOrigin | null;
}

/** All rules of a host, in order. */
export function ruleRows(host: Host): RuleRow[] {
  const texts = new RuleTexts(host.net, (path) => host.files.read(path));
  const rows: RuleRow[] = [];
  for (const legacy of [false, true]) {
    const nft = legacy ? host.net.legacy : host.net.nft;
    for (const table of nft.ruleset.tables)
      for (const chain of table.chains)
        for (const [i, rule] of chain.rules.entries()) {
          const counter = nft.live.rule(rule).exprs.find((e) => e.kind === 'counter');
          const text = texts.rule(table, chain, rule, legacy);
          rows.push({ table, chain, rule, legacy, position: i + 1, text, counter: counter ?? null, origin: nft.origins?.get(rule.id) ?? null });
        }
  }
  return rows;
}
