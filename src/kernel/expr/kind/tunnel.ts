import { defineExpression } from '../definition.ts';
import { NF } from '../machine.ts';

/** net/netfilter/nft_tunnel.c; packets here carry no tunnel metadata. */
export const definition = defineExpression({
  kind: 'tunnel',
  compile: () => ({
    run: (regs) => {
      regs.verdict = NF.BREAK;
    },
  }),
});
