import { defineExpression } from '../definition.ts';
import { inetHooksOnly } from '../hooks.ts';
import { trackable } from './ct.ts';
import { NF } from '../machine.ts';

/** net/netfilter/nft_synproxy.c */
export const definition = defineExpression({
  kind: 'synproxy',
  check: (_e, ctx) => (trackable(ctx.family) ? null : 'EPROTO'),
  validate: (_e, ctx) => inetHooksOnly(ctx, ['input', 'forward']),
  compile(e, env) {
    return {
      run(regs, skb, state) {
        if (regs.tprot !== 6) {
          regs.verdict = NF.BREAK;
          return;
        }
        const v = env.nft.services?.synproxy(skb, state, e) ?? NF.CONTINUE;
        regs.verdict = v;
      },
    };
  },
});
