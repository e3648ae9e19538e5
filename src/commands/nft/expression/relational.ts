import { Unreadable } from '../delinearize/context.ts';
import type { CmpOp, Expression } from '../../../kernel/expr/expression.ts';
import type { Expr, ExprOf, RelOp } from '../../../parsers/nft/ast.ts';
import { prefixMask, valueToBytes } from '../datatype/bytes.ts';
import { baseType, hasBase } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import type { Delinearizer } from '../delinearize/context.ts';
import { type Linearizer, wireRegister } from '../linearize/context.ts';
import { byteLength, dataOf } from '../linearize/data.ts';
import { mk, mkStmt, rawValue } from '../node.ts';
import type { Printer } from '../print/context.ts';

const SYMBOL: Readonly<Record<RelOp, string>> = { implicit: 'in', eq: '==', neq: '!=', lt: '<', gt: '>', lte: '<=', gte: '>=', neg: '!' };

const isBitmask = (e: Expr): boolean => e.dtype !== 'bitmask' && !e.dtype.includes(' . ') && hasBase(e.dtype, 'bitmask');

const cmpOp = (op: RelOp): CmpOp => (op === 'implicit' || op === 'eq' || op === 'neg' ? 'eq' : op);

function flags(e: Expr): bigint {
  if (e.kind === 'value') return e.value;
  if (e.kind === 'list') return e.items.reduce((acc, i) => acc | flags(i), 0n);
  if (e.kind === 'binop') return flags(e.left) | flags(e.right);
  throw new Error(`no flags in ${e.kind}`);
}

/** netlink_gen_flagcmp: is any (`!`: none) of the flags set? */
function flagcmp(e: ExprOf<'relational'>, l: Linearizer): void {
  l.with(e.left, (sreg) => {
    l.load(e.left, sreg);
    const len = byteLength(e.left.len);
    const mask = valueToBytes(flags(e.right), len, e.left.byteorder);
    const reg = wireRegister(sreg);
    const zero = new Uint8Array(len);
    l.add({ kind: 'bitwise', op: 'mask_xor', sreg: reg, dreg: reg, len, mask, xor: zero });
    l.add({ kind: 'cmp', sreg: reg, op: e.op === 'neg' ? 'eq' : 'neq', data: zero });
  });
}

function lookup(e: ExprOf<'relational'>, set: ExprOf<'set_ref'>, l: Linearizer): void {
  l.with(e.left, (sreg) => {
    l.load(e.left, sreg);
    l.add({ kind: 'lookup', set: set.set, setId: set.anonymous?.id ?? 0, sreg: wireRegister(sreg), inv: e.op === 'neq' });
  });
}

function prefix(e: ExprOf<'relational'>, right: ExprOf<'prefix'>, l: Linearizer): void {
  const value = right.prefix;
  l.with(e.left, (sreg) => {
    const reg = wireRegister(sreg);
    const whole =
      right.prefixLen > 0 &&
      right.prefixLen % 8 === 0 &&
      (e.left.kind === 'payload' || (e.left.kind === 'ct' && e.left.l3 !== undefined) || baseType(e.left.dtype).id === 'string');
    if (whole) {
      l.load({ ...e.left, len: right.prefixLen }, sreg);
      return l.add({ kind: 'cmp', sreg: reg, op: cmpOp(e.op), data: dataOf(value).subarray(0, right.prefixLen / 8) });
    }
    l.load(e.left, sreg);
    const len = byteLength(right.len);
    l.add({
      kind: 'bitwise',
      op: 'mask_xor',
      sreg: reg,
      dreg: reg,
      len,
      mask: valueToBytes(prefixMask(right.len, right.prefixLen), len, right.byteorder === 'invalid' ? value.byteorder : right.byteorder),
      xor: new Uint8Array(len),
    });
    return l.add({ kind: 'cmp', sreg: reg, op: cmpOp(e.op), data: dataOf(value) });
  });
}

function linearize(e: ExprOf<'relational'>, l: Linearizer): void {
  const right = e.right;
  if (right.kind === 'set_ref') return lookup(e, right, l);
  if (e.op === 'neg' || right.kind === 'list' || (e.op === 'implicit' && e.left.kind !== 'binop' && isBitmask(right) && (right.kind === 'value' || right.kind === 'binop')))
    return flagcmp(e, l);
  if (right.kind === 'prefix') return prefix(e, right, l);
  return l.with(e.left, (sreg) => {
    l.load(e.left, sreg);
    if (right.kind === 'range') l.add({ kind: 'range', sreg: wireRegister(sreg), op: e.op === 'neq' ? 'neq' : 'eq', from: dataOf(right.left), to: dataOf(right.right) });
    else l.add({ kind: 'cmp', sreg: wireRegister(sreg), op: cmpOp(e.op), data: dataOf(right) });
  });
}

const relational = (op: RelOp, left: Expr, right: Expr): Expr => mk({ kind: 'relational', op, left, right }, 'verdict', 'invalid', 0);

function parseCmp(e: Extract<Expression, { kind: 'cmp' }>, d: Delinearizer): void {
  let left = d.need(e.sreg);
  let right: Expr = rawValue(e.data);
  if (left.len > right.len && baseType(left.dtype).id !== 'string') {
    // its bytes are never turned again
    const value: ExprOf<'value'> = { ...rawValue(e.data), len: left.len, byteorder: 'big' };
    value.value <<= BigInt(left.len - right.len);
    right = mk({ kind: 'prefix', prefix: value, prefixLen: right.len }, 'invalid', 'invalid', left.len);
  }
  if (left.len > 0 && left.len < right.len && Math.ceil(left.len / 8) * 8 !== right.len) {
    left = d.concat(e.sreg, right.len);
    right = splitData(left as ExprOf<'concat'>, e.data);
  }
  d.add(mkStmt({ kind: 'expression', expr: relational(e.op, left, right) }));
}

/** netlink_parse_concat_data */
export function splitData(concat: ExprOf<'concat'>, data: Uint8Array): Expr {
  let at = 0;
  const items = concat.items.map((i) => {
    const part = data.subarray(at, at + Math.ceil(i.len / 8));
    at += Math.ceil(i.len / 32) * 4;
    return rawValue(part) as Expr;
  });
  return mk({ kind: 'concat', items }, 'invalid', 'invalid', data.length * 8);
}

function parseLookup(e: Extract<Expression, { kind: 'lookup' }>, d: Delinearizer): void {
  const set = d.context.set(e.set);
  if (!set) throw new Unreadable(`Unknown set '${e.set}' in lookup expression`);
  let left = d.need(e.sreg);
  const keyLen = set.key?.len ?? 0;
  if (left.len < keyLen && (set.key?.dtype.includes(' . ') || Math.ceil(left.len / 8) * 8 < keyLen)) left = d.concat(e.sreg, keyLen);
  const anonymous = set.flags.includes('anonymous');
  const type = e.dreg === undefined ? set.key : set.data;
  const ref = mk(
    { kind: 'set_ref', set: e.set, ...(anonymous ? { anonymous: { decl: set, id: 0 } } : {}) },
    type?.dtype ?? 'invalid',
    type?.byteorder ?? 'invalid',
    type?.len ?? 0,
  );
  if (e.dreg === undefined) return d.add(mkStmt({ kind: 'expression', expr: relational(e.inv ? 'neq' : 'eq', left, ref) }));
  const map = mk({ kind: 'map', map: left, mappings: ref }, set.data?.dtype ?? 'invalid', set.data?.byteorder ?? 'invalid', set.data?.len ?? 0);
  return e.dreg === 0 ? d.add(mkStmt({ kind: 'expression', expr: map })) : d.put(e.dreg, map);
}

/** Equality is written only where leaving it out would mean another operator (must_print_eq_op). */
function operator(e: ExprOf<'relational'>): string {
  if (e.op === 'implicit') return ' ';
  if (e.op !== 'eq') return ` ${SYMBOL[e.op]} `;
  return (isBitmask(e.right) && e.right.kind === 'value') || e.left.kind === 'binop' ? ' == ' : ' ';
}

export const expression: ExpressionDefinition<'relational'> = {
  kind: 'relational',
  linearize,
  delinearize: {
    cmp: parseCmp,
    range: (e, d) => {
      const left = d.need(e.sreg);
      const right = mk({ kind: 'range', left: rawValue(e.from), right: rawValue(e.to) }, 'invalid', 'invalid', e.from.length * 8);
      d.add(mkStmt({ kind: 'expression', expr: relational(e.op, left, right) }));
    },
    lookup: parseLookup,
  },
  print: (e, p: Printer) => `${p.expr(e.left)}${operator(e)}${p.expr(e.right)}`,
  json: (e, p) => ({ match: { op: SYMBOL[e.op], left: p.json(e.left), right: p.json(e.right) } }),
};
