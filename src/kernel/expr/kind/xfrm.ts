import { defineExpression } from '../definition.ts';
import { inetHooksOnly } from '../hooks.ts';
import { NF } from '../machine.ts';

/** net/netfilter/nft_xfrm.c; no packet here comes through IPsec. */
export const definition = defineExpression({
  kind: 'xfrm',
  check: (e) => (e.spnum >= 6 ? 'ERANGE' : null),
  validate: (e, ctx) => inetHooksOnly(ctx, e.dir === 'in' ? ['forward', 'input', 'prerouting'] : ['forward', 'output', 'postrouting']),
  registers: (e, use) => use.store(e.dreg, e.key.endsWith('6') ? 16 : 4),
  compile: () => ({
    run: (regs) => {
      regs.verdict = NF.BREAK;
    },
  }),
});
