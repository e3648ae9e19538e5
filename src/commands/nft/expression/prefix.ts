import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'prefix'> = {
  kind: 'prefix',
  print: (e, p) => `${p.expr(e.prefix)}/${e.prefixLen}`,
  json: (e, p) => ({ prefix: { addr: p.json(e.prefix), len: e.prefixLen } }),
};
