import type { ExprOf } from '../../../parsers/nft/ast.ts';
import type { ExpressionDefinition } from '../definition.ts';
import { FIB, FIB_FLAGS, FIB_PRESENT } from '../keys/other.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

const words = (e: ExprOf<'fib'>): string[] => FIB_FLAGS.filter(([bit]) => bit !== FIB_PRESENT && e.flags & bit).map(([, word]) => word);
const result = (e: ExprOf<'fib'>): string => e.result;

export const expression: ExpressionDefinition<'fib'> = {
  kind: 'fib',
  linearize: (e, l, dreg) =>
    l.add({ kind: 'fib', result: e.result === 'check' ? 'oif' : e.result, flags: e.flags | (e.result === 'check' ? FIB_PRESENT : 0), dreg: wireRegister(dreg) }),
  delinearize: {
    fib: (e, d) => {
      const t = e.flags & FIB_PRESENT ? FIB.check : FIB[e.result];
      d.put(e.dreg, mk({ kind: 'fib', flags: e.flags, result: e.result }, t.dtype, t.byteorder, t.len));
    },
  },
  print: (e) => `fib ${words(e).join(' . ')} ${result(e)}`,
  json: (e) => ({ fib: { result: result(e), flags: words(e) } }),
};
