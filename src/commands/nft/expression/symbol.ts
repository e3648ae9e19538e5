import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'symbol'> = {
  kind: 'symbol',
  print: (e) => (e.symbolType === 'set' ? `@${e.identifier}` : e.identifier),
  json: (e) => (e.symbolType === 'set' ? `@${e.identifier}` : e.identifier),
};
