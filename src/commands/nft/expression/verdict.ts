import type { Verdict } from '../../../kernel/expr/expression.ts';
import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import type { ExpressionDefinition } from '../definition.ts';
import { verdictOf } from '../linearize/data.ts';
import { wireRegister } from '../linearize/context.ts';
import { mk } from '../node.ts';

/** A verdict of the kernel as expression. */
export function verdictText(v: Verdict): Expr {
  const chain = 'chain' in v ? mk({ kind: 'symbol', symbolType: 'value', identifier: v.chain }, 'string', 'host', 0) : undefined;
  const code = v.code === 'queue' ? 'accept' : v.code;
  return mk({ kind: 'verdict', verdict: code, ...(chain ? { chain } : {}) }, 'verdict', 'invalid', 32);
}

const target = (e: ExprOf<'verdict'>): string => {
  const v = verdictOf(e);
  return 'chain' in v ? v.chain : '';
};

export const expression: ExpressionDefinition<'verdict'> = {
  kind: 'verdict',
  linearize: (e, l, dreg) => l.add({ kind: 'immediate', dreg: wireRegister(dreg), data: { verdict: verdictOf(e) } }),
  print: (e) => (e.verdict === 'jump' || e.verdict === 'goto' ? `${e.verdict} ${target(e)}` : e.verdict),
  json: (e) => (e.verdict === 'jump' || e.verdict === 'goto' ? { [e.verdict]: { target: target(e) } } : { [e.verdict]: null }),
};
