import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';

export const statement: StatementDefinition<'connlimit'> = {
  kind: 'connlimit',
  linearize: (s, l) => l.add({ kind: 'connlimit', count: s.count, inv: s.inv }),
  delinearize: { connlimit: (e, d) => d.add(mkStmt({ kind: 'connlimit', count: e.count, inv: e.inv })) },
  print: (s) => `ct count ${s.inv ? 'over ' : ''}${s.count}`,
  json: (s) => ({ 'ct count': { val: s.count, ...(s.inv ? { inv: true } : {}) } }),
};
