import type { ExpressionDefinition } from '../definition.ts';

export const expression: ExpressionDefinition<'catchall'> = { kind: 'catchall', print: () => '*', json: () => '*' };
