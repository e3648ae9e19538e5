import type { ExpressionDefinition } from '../definition.ts';
import type { Printer } from '../print/context.ts';

/** The parser knows no symbols in ranges, so their ends are numbers (range_expr_print). */
const numeric = (p: Printer): Printer => p.with({ service: false, reverseDns: false, guid: false, numericProto: true, numericPrio: true, numericSymbol: true, numericTime: true });

export const expression: ExpressionDefinition<'range'> = {
  kind: 'range',
  print: (e, p) => `${numeric(p).expr(e.left)}-${numeric(p).expr(e.right)}`,
  json: (e, p) => {
    const plain = p.with({ service: false, reverseDns: false, numericProto: true });
    return { range: [plain.json(e.left), plain.json(e.right)] };
  },
};
