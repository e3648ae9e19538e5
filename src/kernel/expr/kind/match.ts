import { checkExtension, matcher } from '../xt.ts';
import { findExtension } from '../../xt/find.ts';
import { defineExpression } from '../definition.ts';

/** net/netfilter/nft_compat.c: nft_match_ops */
export const definition = defineExpression({
  kind: 'match',
  check: (e, ctx) => checkExtension(e, ctx),
  validate: (e, ctx) => checkExtension(e, ctx),
  /** An extension that says no tests may keep a state of its own. */
  tests(e, reader, env) {
    const said = findExtension('match', e.name, env.family)?.tests?.(e.info, env.family);
    if (!said) return false;
    reader.add(said.tests, said.exact);
    return true;
  },
  compile: (e, env) => matcher(e, env),
});
