import { Unreadable } from '../delinearize/context.ts';
import type { Expr, Stmt } from '../../../parsers/nft/ast.ts';
import type { Expression, StatefulExpression } from '../../../kernel/expr/expression.ts';
import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { wireRegister, Linearizer } from '../linearize/context.ts';
import { mk, mkStmt } from '../node.ts';
import { readStateful } from '../delinearize/stateful.ts';
import type { Delinearizer } from '../delinearize/context.ts';

export const keyOf = (e: Expr): Expr => (e.kind === 'set_elem' ? e.key : e);
const timeoutOf = (e: Expr): bigint => (e.kind === 'set_elem' ? (e.timeout ?? 0n) : 0n);

export function statefulOf(stmts: readonly Stmt[], l: Pick<Linearizer, 'family'>): StatefulExpression[] {
  const inner = new Linearizer(l.family);
  for (const s of stmts) inner.stmt(s);
  return inner.out as StatefulExpression[];
}

/** Statements inside a set's or element's braces print without their state. */
function parseDynset(e: Extract<Expression, { kind: 'dynset' }>, d: Delinearizer): void {
  const set = d.context.set(e.set);
  if (!set) throw new Unreadable(`Unknown set '${e.set}' in dynset statement`);
  let key = d.need(e.sregKey);
  const keyLen = set.key?.len ?? 0;
  if (key.len < keyLen && (set.key?.dtype.includes(' . ') || Math.ceil(key.len / 8) * 8 < keyLen)) key = d.concat(e.sregKey, keyLen);
  const elem = mk({ kind: 'set_elem', key, stmts: [], ...(e.timeout ? { timeout: e.timeout } : {}) }, key.dtype, key.byteorder, key.len);
  const ref = mk({ kind: 'set_ref', set: e.set }, set.key?.dtype ?? 'invalid', set.key?.byteorder ?? 'invalid', keyLen);
  const stmts = e.exprs.map((x) => readStateful(x));
  if (e.sregData === undefined) return d.add(mkStmt({ kind: 'set', op: e.op, key: elem, set: ref, stmts }));
  let data = d.need(e.sregData);
  const dataLen = set.data?.len ?? 0;
  if (data.len < dataLen && (set.data?.dtype.includes(' . ') || Math.ceil(data.len / 8) * 8 < dataLen)) data = d.concat(e.sregData, dataLen);
  if (data.dtype === 'invalid' && set.data) data = { ...data };
  return d.add(mkStmt({ kind: 'map', op: e.op, key: elem, data, set: ref, stmts }));
}

export const statement: StatementDefinition<'set'> = {
  kind: 'set',
  linearize: (s, l) => {
    const key = keyOf(s.key);
    const set = s.set;
    if (set.kind !== 'set_ref') throw new Error('set statement without a set');
    l.with(key, (sreg) => {
      l.load(key, sreg);
      l.add({
        kind: 'dynset',
        op: s.op,
        set: set.set,
        setId: set.anonymous?.id ?? 0,
        sregKey: wireRegister(sreg),
        timeout: timeoutOf(s.key),
        inv: false,
        exprs: statefulOf([...(s.key.kind === 'set_elem' ? s.key.stmts : []), ...s.stmts], l),
      });
    });
  },
  delinearize: { dynset: parseDynset },
  print: (s, p) => {
    const bare = p.with({ stateless: true });
    return `${s.op} ${p.expr(s.set)} { ${p.expr(s.key)}${s.stmts.map((x) => ` ${bare.stmt(x)}`).join('')} }`;
  },
  json: (s, p): Json => ({
    set: { op: s.op, elem: p.json(s.key), set: p.json(s.set), ...(s.stmts.length ? { stmt: s.stmts.map((x) => p.with({ stateless: true }).jsonStmt(x)) } : {}) },
  }),
};
