import { jsonValue, printValue } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { dataOf } from '../linearize/data.ts';
import { mkStmt, rawValue, NOWHERE } from '../node.ts';
import { verdictText } from './verdict.ts';

export const expression: ExpressionDefinition<'value'> = {
  kind: 'value',
  linearize: (e, l, dreg) => l.add({ kind: 'immediate', dreg: wireRegister(dreg), data: { value: dataOf(e) } }),
  delinearize: {
    immediate: (e, d) => {
      if ('verdict' in e.data) {
        const v = e.data.verdict;
        const rules = 'chain' in v ? d.context.boundChain?.(v.chain) : undefined;
        if (rules && (v.code === 'jump' || v.code === 'goto')) d.add(mkStmt({ kind: 'chain', op: v.code, rules, chain: v.chain }));
        else d.add(mkStmt({ kind: 'verdict', expr: verdictText(v) }));
        return;
      }
      d.put(e.dreg, { ...rawValue(e.data.value), loc: NOWHERE });
    },
  },
  print: (e, p) => printValue(e.dtype, e, p.context),
  json: (e, p) => jsonValue(e.dtype, e, p.context),
};
