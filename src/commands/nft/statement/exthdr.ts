import type { StatementDefinition } from '../definition.ts';
import { rawExthdr } from '../expression/exthdr.ts';
import { wireRegister } from '../linearize/context.ts';
import { mkStmt, setType } from '../node.ts';

export const statement: StatementDefinition<'exthdr'> = {
  kind: 'exthdr',
  linearize: (s, l) => {
    const e = s.expr;
    if (e.kind !== 'exthdr') throw new Error('exthdr statement without exthdr');
    l.with(s.value, (sreg) => {
      l.load(s.value, sreg);
      l.add({ kind: 'exthdr_set', op: e.op, type: e.rawType, offset: Math.floor(e.offset / 8), len: Math.ceil(e.len / 8), sreg: wireRegister(sreg) });
    });
  },
  delinearize: {
    exthdr_set: (e, d) => {
      const expr = rawExthdr(e.op, e.type, e.offset * 8, e.len * 8, false);
      const value = d.need(e.sreg);
      if (value.dtype === 'invalid') setType(value, expr.dtype, expr.byteorder);
      d.add(mkStmt({ kind: 'exthdr', expr, value }));
    },
  },
  print: (s, p) => `${p.expr(s.expr)} set ${p.expr(s.value)}`,
  json: (s, p) => ({ mangle: { key: p.json(s.expr), value: p.json(s.value) } }),
};
