import { defineExpression } from '../definition.ts';

/** net/netfilter/nft_counter.c */
export const definition = defineExpression({
  kind: 'counter',
  compile(_e, { state }) {
    const s = state?.kind === 'counter' ? state : { packets: 0, bytes: 0 };
    return {
      run: (_regs, skb) => {
        s.packets++;
        s.bytes += skb.data.length - skb.head;
      },
    };
  },
});
