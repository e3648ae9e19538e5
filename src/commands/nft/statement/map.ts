import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { keyOf, statefulOf } from './set.ts';

export const statement: StatementDefinition<'map'> = {
  kind: 'map',
  linearize: (s, l) => {
    const key = keyOf(s.key);
    const data = keyOf(s.data);
    const set = s.set;
    if (set.kind !== 'set_ref') throw new Error('map statement without a set');
    l.with(key, (sreg) => {
      l.load(key, sreg);
      l.with(data, (sregData) => {
        l.load(data, sregData);
        l.add({
          kind: 'dynset',
          op: s.op,
          set: set.set,
          setId: set.anonymous?.id ?? 0,
          sregKey: wireRegister(sreg),
          sregData: wireRegister(sregData),
          timeout: s.key.kind === 'set_elem' ? (s.key.timeout ?? 0n) : 0n,
          inv: false,
          exprs: statefulOf([...(s.key.kind === 'set_elem' ? s.key.stmts : []), ...s.stmts], l),
        });
      });
    });
  },
  print: (s, p) => {
    const bare = p.with({ stateless: true });
    return `${s.op} ${p.expr(s.set)} { ${p.expr(s.key)}${s.stmts.map((x) => ` ${bare.stmt(x)}`).join('')} : ${p.expr(s.data)} }`;
  },
  json: (s, p): Json => ({
    map: {
      op: s.op,
      elem: p.json(s.key),
      data: p.json(s.data),
      map: p.json(s.set),
      ...(s.stmts.length ? { stmt: s.stmts.map((x) => p.with({ stateless: true }).jsonStmt(x)) } : {}),
    },
  }),
};
