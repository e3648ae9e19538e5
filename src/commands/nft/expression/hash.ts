import type { ExpressionDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

export const expression: ExpressionDefinition<'hash'> = {
  kind: 'hash',
  linearize: (e, l, dreg) => {
    const arg = e.expr;
    if (e.type === 'symmetric' || !arg) return l.add({ kind: 'hash', type: 'symmetric', dreg: wireRegister(dreg), modulus: e.mod, offset: e.offset });
    return l.with(arg, (sreg) => {
      l.load(arg, sreg);
      l.add({
        kind: 'hash',
        type: 'jenkins',
        sreg: wireRegister(sreg),
        len: Math.ceil(arg.len / 8),
        dreg: wireRegister(dreg),
        modulus: e.mod,
        offset: e.offset,
        ...(e.seed === undefined ? {} : { seed: e.seed }),
      });
    });
  },
  delinearize: {
    hash: (e, d) => {
      if (e.type === 'symmetric') return d.put(e.dreg, mk({ kind: 'hash', type: 'symmetric', mod: e.modulus, offset: e.offset }, 'integer', 'host', 32));
      let arg = d.need(e.sreg);
      if (arg.len < e.len * 8) arg = d.concat(e.sreg, e.len * 8);
      return d.put(
        e.dreg,
        mk({ kind: 'hash', type: 'jenkins', expr: arg, mod: e.modulus, offset: e.offset, ...(e.seed === undefined ? {} : { seed: e.seed }) }, 'integer', 'host', 32),
      );
    },
  },
  print: (e, p) =>
    `${e.type === 'jenkins' && e.expr ? `jhash ${p.expr(e.expr)}` : 'symhash'} mod ${e.mod}${e.seed === undefined ? '' : ` seed 0x${e.seed.toString(16)}`}${e.offset ? ` offset ${e.offset}` : ''}`,
  json: (e, p) => ({
    [e.type === 'jenkins' ? 'jhash' : 'symhash']: {
      mod: e.mod,
      ...(e.seed === undefined ? {} : { seed: e.seed }),
      ...(e.offset ? { offset: e.offset } : {}),
      ...(e.expr ? { expr: p.json(e.expr) } : {}),
    },
  }),
};
