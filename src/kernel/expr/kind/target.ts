import { checkExtension, targeter } from '../xt.ts';
import { defineExpression } from '../definition.ts';

/** net/netfilter/nft_compat.c: nft_target_ops */
export const definition = defineExpression({
  kind: 'target',
  check: (e, ctx) => checkExtension(e, ctx),
  validate: (e, ctx) => checkExtension(e, ctx),
  compile: (e, env) => targeter(e, env),
});
