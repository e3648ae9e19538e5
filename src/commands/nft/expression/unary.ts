import type { ExpressionDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

export const expression: ExpressionDefinition<'unary'> = {
  kind: 'unary',
  linearize: (e, l, dreg) => {
    l.load(e.arg, dreg);
    const bits = e.arg.len;
    const size = bits % 64 === 0 ? 8 : bits % 32 === 0 ? 4 : 2;
    l.add({ kind: 'byteorder', sreg: wireRegister(dreg), dreg: wireRegister(dreg), op: e.op === 'ntoh' ? 'ntoh' : 'hton', len: Math.ceil(e.len / 8), size });
  },
  delinearize: {
    byteorder: (e, d) => {
      const arg = d.need(e.sreg);
      d.put(e.dreg, mk({ kind: 'unary', op: e.op, arg }, arg.dtype, e.op === 'hton' ? 'big' : 'host', arg.len));
    },
  },
  print: (e, p) => (e.op === 'not' || e.op === 'neg' ? `${e.op === 'not' ? '~' : '-'}${p.expr(e.arg)}` : p.expr(e.arg)),
  json: (e, p) => p.json(e.arg),
};
