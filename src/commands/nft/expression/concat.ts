import type { ExpressionDefinition } from '../definition.ts';
import { registerSpace } from '../linearize/context.ts';

export const expression: ExpressionDefinition<'concat'> = {
  kind: 'concat',
  linearize: (e, l, dreg) => {
    let reg = dreg;
    for (const i of e.items) {
      l.load(i, reg);
      reg += registerSpace(i.len);
    }
  },
  print: (e, p) => e.items.map((i) => p.expr(i)).join(' . '),
  json: (e, p) => ({ concat: e.items.map((i) => p.json(i)) }),
};
