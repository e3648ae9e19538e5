import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'set_ref'> = {
  kind: 'set_ref',
  print: (e, p) => {
    if (!e.anonymous) return `@${e.set}`;
    const init = e.anonymous.decl.init;
    return init ? p.expr(init) : '{ }';
  },
  json: (e, p) => {
    if (!e.anonymous) return `@${e.set}`;
    const init = e.anonymous.decl.init;
    return init ? p.json(init) : { set: [] };
  },
};
