import { defineExpression } from '../definition.ts';
import { natHooksOnly } from '../hooks.ts';
import { NF } from '../machine.ts';
import { range } from '../nat-range.ts';

/** net/netfilter/nft_masq.c */
export const definition = defineExpression({
  kind: 'masq',
  validate: (_e, ctx) => natHooksOnly(ctx, ['postrouting']),
  registers(e, use) {
    use.load(e.sregProtoMin, 2);
    use.load(e.sregProtoMax, 2);
  },
  compile: (e, env) => ({
    run: (regs, skb, state) => {
      regs.verdict = env.nft.services?.masquerade(skb, state, range(regs, e, 0)) ?? NF.ACCEPT;
    },
  }),
});
