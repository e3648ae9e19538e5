import type { StatementDefinition } from '../definition.ts';
import { mkStmt } from '../node.ts';

export const statement: StatementDefinition<'counter'> = {
  kind: 'counter',
  linearize: (s, l) => l.add({ kind: 'counter', packets: s.packets, bytes: s.bytes }),
  delinearize: { counter: (e, d) => d.add(mkStmt({ kind: 'counter', packets: e.packets, bytes: e.bytes })) },
  print: (s, p) => (p.options.stateless ? 'counter' : `counter packets ${s.packets} bytes ${s.bytes}`),
  json: (s, p) => ({ counter: p.options.stateless ? null : { packets: s.packets, bytes: s.bytes } }),
};
