import { defineExpression } from '../definition.ts';
import { NF } from '../machine.ts';

/** net/netfilter/nft_tunnel.c; packets here carry no tunnel metadata. */
export const definition = defineExpression({
  kind: 'tunnel',
  registers: (e, use) => use.store(e.dreg, 4),
  compile: () => ({
    run: (regs) => {
      regs.verdict = NF.BREAK;
    },
  }),
});
