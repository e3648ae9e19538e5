import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { keyOf, statefulOf } from './set.ts';

export const statement: StatementDefinition<'meter'> = {
  kind: 'meter',
  linearize: (s, l) => {
    const key = keyOf(s.key);
    const timeout = s.key.kind === 'set_elem' ? (s.key.timeout ?? 0n) : 0n;
    const ref = s.set?.kind === 'set_ref' ? s.set : undefined;
    l.with(key, (sreg) => {
      l.load(key, sreg);
      l.add({
        kind: 'dynset',
        op: timeout > 0n ? 'update' : 'add',
        set: ref?.set ?? s.name,
        setId: ref?.anonymous?.id ?? 0,
        sregKey: wireRegister(sreg),
        timeout,
        inv: false,
        exprs: statefulOf([s.stmt], l),
      });
    });
  },
  print: (s, p) => `meter ${s.name}${s.size === undefined ? '' : ` size ${s.size}`} { ${p.expr(s.key)} ${p.stmt(s.stmt)} }`,
  json: (s, p) => ({ meter: { key: p.json(s.key), stmt: p.jsonStmt(s.stmt), ...(s.size === undefined ? {} : { size: s.size }), name: s.name } }),
};
