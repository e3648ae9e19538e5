import { Unreadable } from '../delinearize/context.ts';
import type { Expr } from '../../../parsers/nft/ast.ts';
import type { StatementDefinition } from '../definition.ts';
import { wireRegister } from '../linearize/context.ts';
import { cString, bytesToValue } from '../datatype/bytes.ts';
import { valueText } from '../linearize/data.ts';
import { mk, mkStmt, valueExpr } from '../node.ts';

const WORDS: Readonly<Record<string, string>> = {
  'ct helper': 'ct helper set ',
  'ct timeout': 'ct timeout set ',
  'ct expectation': 'ct expectation set ',
  secmark: 'meta secmark set ',
};

const nameOf = (e: Expr): string => (e.kind === 'value' ? valueText(e) : e.kind === 'symbol' ? e.identifier : '');

export const stringExpr = (text: string): Expr => {
  const bytes = cString(text);
  return valueExpr(bytesToValue(bytes, 'host'), 'string', 'host', bytes.length * 8);
};

export const statement: StatementDefinition<'objref'> = {
  kind: 'objref',
  linearize: (s, l) => {
    const e = s.expr;
    if (e.kind !== 'map') return l.add({ kind: 'objref', type: s.type, name: nameOf(e) });
    const set = e.mappings;
    if (set.kind !== 'set_ref') throw new Error('object map without a set');
    return l.with(e.map, (sreg) => {
      l.load(e.map, sreg);
      l.add({ kind: 'objref_map', sreg: wireRegister(sreg), set: set.set, setId: set.anonymous?.id ?? 0 });
    });
  },
  delinearize: {
    objref: (e, d) => d.add(mkStmt({ kind: 'objref', type: e.type === 'tunnel' ? 'counter' : e.type, expr: stringExpr(e.name) })),
    objref_map: (e, d) => {
      const set = d.context.set(e.set);
      if (!set) throw new Unreadable(`Unknown set '${e.set}' in objref expression`);
      let left = d.need(e.sreg);
      const keyLen = set.key?.len ?? 0;
      if (left.len < keyLen) left = d.concat(e.sreg, keyLen);
      const ref = mk({ kind: 'set_ref', set: e.set, ...(set.flags.includes('anonymous') ? { anonymous: { decl: set, id: 0 } } : {}) }, 'string', 'host', 0);
      const type = (set.objType ?? 'counter') as 'counter';
      d.add(mkStmt({ kind: 'objref', type, expr: mk({ kind: 'map', map: left, mappings: ref }, 'string', 'host', 0) }));
    },
  },
  print: (s, p) => `${WORDS[s.type] ?? `${s.type} name `}${p.expr(s.expr.kind === 'symbol' ? stringExpr(s.expr.identifier) : s.expr)}`,
  json: (s, p) => ({ [s.type]: p.json(s.expr) }),
};
