import { defineExpression } from '../definition.ts';
import { NF } from '../machine.ts';
import { limitExceeded } from '../stateful.ts';

/** net/netfilter/nft_limit.c */
export const definition = defineExpression({
  kind: 'limit',
  check(e) {
    if (e.unit === 0n || e.rate === 0n) return 'EINVAL';
    if (e.type === 'pkt-bytes') return e.rate + BigInt(e.burst) > 0xffff_ffff_ffff_ffffn ? 'EOVERFLOW' : null;
    const nsecs = e.unit * 1_000_000_000n;
    return nsecs / e.rate > 0xffff_ffff_ffff_ffffn ? 'EOVERFLOW' : null;
  },
  compile(_e, { state, nft }) {
    return { run: (regs, skb) => { if (state?.kind === 'limit' && limitExceeded(state, skb.data.length - skb.head, nft.net.clock.now())) regs.verdict = NF.BREAK; } };
  },
});
