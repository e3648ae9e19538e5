import type { StatementDefinition } from '../definition.ts';
import { VERDICT_REGISTER } from '../linearize/context.ts';

export const statement: StatementDefinition<'expression'> = {
  kind: 'expression',
  linearize: (s, l) => l.load(s.expr, VERDICT_REGISTER),
  print: (s, p) => p.expr(s.expr),
  json: (s, p) => p.json(s.expr),
};
