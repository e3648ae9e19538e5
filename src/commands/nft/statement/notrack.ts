import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';

export const statement: StatementDefinition<'notrack'> = {
  kind: 'notrack',
  linearize: (_s, l) => l.add({ kind: 'notrack' }),
  delinearize: { notrack: (_e, d) => d.add(mkStmt({ kind: 'notrack' })) },
  print: () => 'notrack',
  json: () => ({ notrack: null }),
};
