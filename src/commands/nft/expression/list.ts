import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'list'> = {
  kind: 'list',
  print: (e, p) => e.items.map((i) => p.expr(i)).join(','),
  json: (e, p) => e.items.map((i) => p.json(i)),
};
