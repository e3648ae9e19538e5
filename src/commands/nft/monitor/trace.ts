import type { RuleVerdict } from '../../../kernel/trace/event.ts';
import type { NftTraceMessage } from '../../../kernel/trace/nftrace.ts';
import type { Rule } from '../../../kernel/nf_tables/objects.ts';
import { forRule, ruleText } from '../list/chain.ts';
import type { Listing } from '../list/list.ts';
import { TableReader } from '../list/reader.ts';
import { packetText } from './packet.ts';

/** Rules as `nft monitor trace` holds them in its cache: those of its start, with the counters of that time. */
export class RuleCache {
  readonly #l: Listing;
  readonly #known = new Map<number, Rule>();

  constructor(l: Listing) {
    this.#l = l;
    for (const t of l.nft.ruleset.tables) for (const c of t.chains) if (!c.binding) for (const r of c.rules) this.#known.set(r.id, l.nft.live.rule(r.warm()));
  }

  text(m: NftTraceMessage, rule: Rule): string {
    const { p, nft } = this.#l,
      { table } = m.place;
    const cached = this.#known.get(rule.id);
    if (!cached) return `unknown rule handle ${rule.handle}`;
    const text = ruleText({ rule: cached, stmts: new TableReader(nft, table).frozen(cached) }, forRule(p, table.family, cached));
    return `rule ${text}`;
  }
}

export function verdictWords(v: RuleVerdict): string {
  return v.code === 'jump' || v.code === 'goto' ? `${v.code} ${v.chain}` : v.code;
}

/** netlink_events_trace_cb */
export function traceText(m: NftTraceMessage, rules: RuleCache, l: Listing): string {
  const { table, base, chain } = m.place;
  const head = (name: string): string => `trace id ${m.id.toString(16).padStart(8, '0')} ${table.family} ${table.name} ${name} `;
  const packet = m.packet ? `${head(chain.name)}packet: ${packetText(m.packet, table.family, l.p)}\n` : '';
  if (m.what.kind === 'policy') {
    const mark = m.mark ? `meta mark 0x${m.mark.toString(16).padStart(8, '0')} ` : '';
    return `${packet}${head(base.name)}policy ${m.what.verdict} ${mark}\n`;
  }
  return `${packet}${head(chain.name)}${rules.text(m, m.what.rule)} (verdict ${verdictWords(m.what.verdict)})\n`;
}
