import { defineExpression } from '../definition.ts';
import { NF } from '../machine.ts';
import { limitExceeded } from '../stateful.ts';

/** net/netfilter/nft_limit.c */
export const definition = defineExpression({
  kind: 'limit',
  check(e) {
    if (e.unit === 0n || e.rate === 0n) return 'EINVAL';
    const most = 0xffff_ffff_ffff_ffffn;
    const nsecs = e.unit * 1_000_000_000n;
    const sum = e.rate + BigInt(e.burst);
    return nsecs > most || sum > most || (e.type === 'pkt-bytes' && nsecs * sum > most) ? 'EOVERFLOW' : null;
  },
  compile(_e, { state, nft }) {
    return {
      run: (regs, skb) => {
        if (state?.kind === 'limit' && limitExceeded(state, skb.data.length - skb.head, nft.net.clock.now())) regs.verdict = NF.BREAK;
      },
    };
  },
});
