import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';

export const statement: StatementDefinition<'flow'> = {
  kind: 'flow',
  linearize: (s, l) => l.add({ kind: 'flow_offload', table: s.table }),
  delinearize: { flow_offload: (e, d) => d.add(mkStmt({ kind: 'flow', op: 'add', table: e.table })) },
  print: (s) => `flow add @${s.table}`,
  json: (s) => ({ flow: { op: 'add', flowtable: `@${s.table}` } }),
};
