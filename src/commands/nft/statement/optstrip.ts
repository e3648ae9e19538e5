import type { StatementDefinition } from '../definition.ts';
import { mk, mkStmt } from '../node.ts';
import { TCPOPT } from '../keys/exthdr.ts';

export const statement: StatementDefinition<'optstrip'> = {
  kind: 'optstrip',
  linearize: (s, l) => {
    if (s.expr.kind === 'exthdr') l.add({ kind: 'exthdr_reset', op: 'tcpopt', type: s.expr.rawType });
  },
  delinearize: {
    exthdr_reset: (e, d) => {
      const header = TCPOPT.find((o) => o.type === e.type)?.name ?? '';
      d.add(
        mkStmt({
          kind: 'optstrip',
          expr: mk({ kind: 'exthdr', op: 'tcpopt', header, field: '', rawType: e.type, offset: 0, present: false, raw: header === '' }, 'integer', 'big', 0),
        }),
      );
    },
  },
  print: (s, p) => `reset ${p.expr(s.expr)}`,
  json: (s, p) => ({ reset: p.json(s.expr) }),
};
