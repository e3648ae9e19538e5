import { defineExpression } from '../definition.ts';
import { NF } from '../machine.ts';
import { quotaExceeded } from '../stateful.ts';

/** net/netfilter/nft_quota.c */
export const definition = defineExpression({
  kind: 'quota',
  check: (e) => (e.bytes > 0x7fff_ffff_ffff_ffffn ? 'EOVERFLOW' : e.consumed > e.bytes ? 'EINVAL' : null),
  compile(_e, { state }) {
    return {
      run: (regs, skb) => {
        if (state?.kind === 'quota' && quotaExceeded(state, skb.data.length - skb.head)) regs.verdict = NF.BREAK;
      },
    };
  },
});
