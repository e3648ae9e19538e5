import { CTINFO } from '../../net/skb.ts';
import { defineExpression } from '../definition.ts';

/** nft_notrack_eval */
export const definition = defineExpression({
  kind: 'notrack',
  compile: () => ({
    run: (_regs, skb) => {
      if (!skb.ct && !skb.template) skb.ctinfo = CTINFO.untracked;
    },
  }),
});
