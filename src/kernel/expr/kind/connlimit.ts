import { defineExpression } from '../definition.ts';
import { trackable } from './ct.ts';
import { NF } from '../machine.ts';
import { connlimitHit } from '../stateful.ts';

/** net/netfilter/nft_connlimit.c */
export const definition = defineExpression({
  kind: 'connlimit',
  check: (_e, ctx) => (trackable(ctx.family) ? null : 'EPROTO'),
  compile(_e, { state, nft }) {
    return {
      run: (regs, skb) => {
        if (state?.kind !== 'connlimit') return;
        const v = connlimitHit(state, skb, nft.net);
        if (v === 'drop') regs.verdict = NF.DROP;
        else if (!v) regs.verdict = NF.BREAK;
      },
    };
  },
});
