import type { Expr } from '../../../parsers/nft/ast.ts';
import type { ExpressionDefinition } from '../definition.ts';
import { VERDICT_REGISTER, wireRegister } from '../linearize/context.ts';

const isVerdict = (mappings: Expr): boolean => mappings.dtype === 'verdict' || (mappings.kind === 'set_ref' && mappings.anonymous?.decl.data?.dtype === 'verdict');

export const expression: ExpressionDefinition<'map'> = {
  kind: 'map',
  linearize: (e, l, dreg) => {
    const set = e.mappings;
    if (set.kind !== 'set_ref') throw new Error('map without a set');
    const lookup = (sreg: number): void => {
      l.load(e.map, sreg);
      l.add({ kind: 'lookup', set: set.set, setId: set.anonymous?.id ?? 0, sreg: wireRegister(sreg), dreg: wireRegister(dreg), inv: false });
    };
    if (dreg === VERDICT_REGISTER) l.with(e.map, lookup);
    else lookup(dreg);
  },
  print: (e, p) => `${p.expr(e.map)} ${isVerdict(e.mappings) || e.dtype === 'verdict' ? 'vmap' : 'map'} ${p.expr(e.mappings)}`,
  json: (e, p) => ({ [isVerdict(e.mappings) || e.dtype === 'verdict' ? 'vmap' : 'map']: { key: p.json(e.map), data: p.json(e.mappings) } }),
};
