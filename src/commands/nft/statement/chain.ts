import type { StmtOf } from '../../../parsers/nft/ast.ts';
import type { StatementDefinition } from '../definition.ts';
import type { Printer } from '../print/context.ts';

const print = (s: StmtOf<'chain'>, p: Printer): string =>
  `${s.op} {\n${s.rules.map((r) => `\t\t\t${r.stmts.map((x) => p.stmt(x)).join(' ')}${r.comment === undefined ? '' : ` comment "${r.comment}"`}\n`).join('')}\t\t}`;

export const statement: StatementDefinition<'chain'> = {
  kind: 'chain',
  linearize: (s, l) => l.add({ kind: 'immediate', dreg: 0, data: { verdict: { code: s.op, chain: s.chain } } }),
  print,
  /** The real one has no JSON for it: its text stands in the array. */
  json: print,
};
