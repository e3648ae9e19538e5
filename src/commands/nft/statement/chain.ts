import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';

export const statement: StatementDefinition<'chain'> = {
  kind: 'chain',
  linearize: (s, l) => l.add({ kind: 'immediate', dreg: 0, data: { verdict: { code: s.op, chain: s.chain } } }),
  print: (s, p) => `${s.op} {\n${s.rules.map((r) => `\t\t\t${r.stmts.map((x) => p.stmt(x)).join(' ')}${r.comment === undefined ? '' : ` comment "${r.comment}"`}\n`).join('')}\t\t}`,
  json: (s, p): Json => ({ [s.op]: { chain: s.rules.map((r): Json => ({ rule: { expr: r.stmts.map((x) => p.jsonStmt(x)) } })) } }),
};
