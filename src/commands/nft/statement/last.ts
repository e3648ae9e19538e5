import { printTime } from '../datatype/time.ts';
import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';

export const statement: StatementDefinition<'last'> = {
  kind: 'last',
  linearize: (s, l) => l.add({ kind: 'last', set: s.set, msecs: s.used }),
  delinearize: { last: (e, d) => d.add(mkStmt({ kind: 'last', set: e.set, used: e.msecs })) },
  print: (s, p) => (p.options.stateless ? 'last' : `last used ${s.set ? printTime(s.used, p.options) : 'never'}`),
  json: (s, p) => ({ last: p.options.stateless || !s.set ? null : { used: s.used } }),
};
