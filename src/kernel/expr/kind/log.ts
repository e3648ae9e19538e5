import { defineExpression } from '../definition.ts';

/** net/netfilter/nft_log.c: where it goes, nobody here looks. */
export const definition = defineExpression({
  kind: 'log',
  check: (e) => (e.group !== undefined && (e.level !== undefined || e.flags !== undefined) ? 'EINVAL' : (e.prefix?.length ?? 0) > 127 ? 'EINVAL' : null),
  compile: (_e, env) => ({ run: (_regs, skb, state) => { env.nft.services?.log?.(skb, state); } }),
});
