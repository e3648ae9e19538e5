import { defineExpression } from '../definition.ts';
import { inetHooksOnly } from '../hooks.ts';
import { runObject } from '../object-ops.ts';
import type { Op } from '../machine.ts';

/** net/netfilter/nft_objref.c */
export const definition = defineExpression({
  kind: 'objref',
  check: (e, ctx) => (ctx.object(e.type, e.name) ? null : 'ENOENT'),
  // nft_objref_validate: a synproxy answers where nft_synproxy does
  validate: (e, ctx) => (e.type === 'synproxy' ? inetHooksOnly(ctx, ['input', 'forward']) : null),
  compile(e, env): Op {
    return {
      run(regs, skb, state) {
        const o = env.object(e.type, e.name);
        if (o) runObject(env.nft, o, regs, skb, state);
      },
    };
  },
});
