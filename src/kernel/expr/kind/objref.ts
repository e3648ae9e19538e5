import { defineExpression } from '../definition.ts';
import { runObject } from '../object-ops.ts';
import type { Op } from '../machine.ts';

/** net/netfilter/nft_objref.c */
export const definition = defineExpression({
  kind: 'objref',
  check: (e, ctx) => (ctx.object(e.type, e.name) ? null : 'ENOENT'),
  compile(e, env): Op {
    return {
      run(regs, skb, state) {
        const o = env.object(e.type, e.name);
        if (o) runObject(env.nft, o, regs, skb, state);
      },
    };
  },
});
