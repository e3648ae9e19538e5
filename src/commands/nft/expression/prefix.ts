import type { ExprOf } from '../../../parsers/nft/ast.ts';
import { baseType } from '../datatype/index.ts';
import type { Printer } from '../print/context.ts';
import type { ExpressionDefinition } from '../definition.ts';

/** Words end in a star where their rest does not matter (prefix_expr_print). */
const wildcard = (e: ExprOf<'prefix'>, p: Printer): string => p.expr(e.prefix).replace(/"$/, '*"');

export const expression: ExpressionDefinition<'prefix'> = {
  kind: 'prefix',
  print: (e, p) => (baseType(e.prefix.dtype).id === 'string' ? wildcard(e, p) : `${p.expr(e.prefix)}/${e.prefixLen}`),
  json: (e, p) => (baseType(e.prefix.dtype).id === 'string' ? wildcard(e, p).slice(1, -1) : { prefix: { addr: p.json(e.prefix), len: e.prefixLen } }),
};
