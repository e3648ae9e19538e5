import { checkExtension, matcher } from '../xt.ts';
import { defineExpression } from '../definition.ts';

/** net/netfilter/nft_compat.c: nft_match_ops */
export const definition = defineExpression({
  kind: 'match',
  check: (e, ctx) => checkExtension(e, ctx),
  validate: (e, ctx) => checkExtension(e, ctx),
  compile: (e, env) => matcher(e, env),
});
