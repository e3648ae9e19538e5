import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'mapping'> = {
  kind: 'mapping',
  print: (e, p) => `${p.expr(e.left)} : ${p.expr(e.right)}`,
  json: (e, p) => [p.json(e.left), p.json(e.right)],
};
