import type { Rule } from '../nf_tables/objects.ts';
import type { TraceEvent } from './event.ts';

/** A rule without tests whose standard target ends the chain: the kernel takes it for the chain's own end. */
const isTail = (rule: Rule): boolean =>
  rule.exprs.every(
    (e) =>
      e.kind === 'counter' ||
      (e.kind === 'immediate' && 'verdict' in e.data && (e.data.verdict.code === 'accept' || e.data.verdict.code === 'drop' || e.data.verdict.code === 'return')),
  );

/**
 * trace_packet of net/ipv4/netfilter/ip_tables.c: `TRACE: TABLE:CHAIN:rule|return|policy:NUMBER ` for what a traced packet
 * met, null for events of which the legacy tables say nothing.
 */
export function xtTracePrefix(e: TraceEvent): string | null {
  if (e.kind !== 'rule' && e.kind !== 'chain-end' && e.kind !== 'policy') return null;
  const { table, chain, base } = e.place,
    user = chain !== base;
  const text = (comment: string, number: number): string => `TRACE: ${table.name}:${chain.name}:${comment}:${number} `;
  if (e.kind === 'policy') return text('policy', chain.rules.length + 1);
  if (e.kind === 'chain-end') return user ? text('return', chain.rules.length + 1) : null;
  if (e.failed) return null;
  return text(isTail(e.rule) ? (user ? 'return' : 'policy') : 'rule', e.position);
}
