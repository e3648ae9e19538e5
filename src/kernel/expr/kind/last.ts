import { defineExpression } from '../definition.ts';

/** net/netfilter/nft_last.c */
export const definition = defineExpression({
  kind: 'last',
  compile(_e, { state, nft }) {
    return {
      run: () => {
        if (state?.kind === 'last') state.at = nft.net.clock.now();
      },
    };
  },
});
