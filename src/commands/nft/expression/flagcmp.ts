import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'flagcmp'> = {
  kind: 'flagcmp',
  print: (e, p) => `${p.expr(e.expr)} ${e.op === 'neq' ? '!= ' : ''}${p.expr(e.value)} / ${p.expr(e.mask)}`,
  json: (e, p) => ({ match: { op: e.op === 'neq' ? '!=' : '==', left: { '&': [p.json(e.expr), p.json(e.mask)] }, right: p.json(e.value) } }),
};
