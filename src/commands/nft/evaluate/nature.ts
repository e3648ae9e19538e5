import type { ByteOrder, DatatypeName, Expr, ExprOf, Location, SetDecl } from '../../../parsers/nft/ast.ts';
import { baseType, datatype } from '../datatype/index.ts';
import { keyField, protocol } from '../proto.ts';

/** Alloc functions of expression.c. */
export const constant = (loc: Location, value: bigint, dtype: DatatypeName, byteorder: ByteOrder, len: number): ExprOf<'value'> => ({
  kind: 'value',
  value,
  loc,
  dtype,
  byteorder,
  len,
});
export const binop = (loc: Location, op: ExprOf<'binop'>['op'], left: Expr, right: Expr): ExprOf<'binop'> => ({
  kind: 'binop',
  op,
  left,
  right,
  loc,
  dtype: left.dtype,
  byteorder: left.byteorder,
  len: left.len,
});
export const unary = (loc: Location, op: ExprOf<'unary'>['op'], arg: Expr): ExprOf<'unary'> => ({ kind: 'unary', op, arg, loc, dtype: 'invalid', byteorder: 'invalid', len: 0 });
export const relational = (loc: Location, op: ExprOf<'relational'>['op'], left: Expr, right: Expr): ExprOf<'relational'> => ({
  kind: 'relational',
  op,
  left,
  right,
  loc,
  dtype: 'verdict',
  byteorder: 'invalid',
  len: 0,
});

export const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
export const bytesOf = (bits: number): number => Math.ceil(bits / 8);
export const paddedBits = (bits: number): number => Math.ceil(bits / 32) * 32;

/** datatype_equal: types are told apart by their number. */
export const sameType = (a: DatatypeName, b: DatatypeName): boolean => a === b || datatype(a).number === datatype(b).number;
export const isInteger = (e: Expr): boolean => baseType(e.dtype).number === 4 || baseType(e.dtype).id === 'integer' || baseType(e.dtype).id === 'xinteger';
export const isString = (e: Expr): boolean => baseType(e.dtype).id === 'string';
export const isBitmask = (dtype: DatatypeName): boolean => datatype(dtype).base?.id === 'bitmask';
/** datatype_compatible: marks take whatever shares their base type. */
const step = (id: DatatypeName): DatatypeName => datatype(id).base?.id ?? id;
export const compatible = (a: DatatypeName, b: DatatypeName): boolean => (a === 'mark' && sameType(step(a), step(b))) || sameType(a, b);

/** EXPR_F_CONSTANT, which the real tool keeps as a flag. */
export function isConstant(e: Expr): boolean {
  switch (e.kind) {
    case 'value':
    case 'verdict':
    case 'catchall':
    case 'mapping':
    case 'map':
    case 'set_ref':
    case 'set':
      return true;
    case 'prefix':
      return isConstant(e.prefix);
    case 'range':
      return isConstant(e.left) && isConstant(e.right);
    case 'concat':
      return e.items.every(isConstant);
    case 'set_elem':
      return isConstant(e.key);
    default:
      return false;
  }
}
/** EXPR_F_SINGLETON */
export function isSingleton(e: Expr): boolean {
  switch (e.kind) {
    case 'value':
    case 'verdict':
    case 'catchall':
      return true;
    case 'concat':
      return e.items.every(isSingleton);
    case 'set_elem':
      return isSingleton(e.key);
    case 'mapping':
      return isSingleton(e.left);
    default:
      return false;
  }
}

/** EXPR_F_PROTOCOL: a match on it says what the next header is. */
export function saysProtocol(e: Expr): boolean {
  switch (e.kind) {
    case 'meta':
      return e.key === 'nfproto' || e.key === 'l4proto' || e.key === 'protocol' || e.key === 'iiftype';
    case 'ct':
      return e.key === 'l3proto' || e.key === 'protocol';
    case 'payload': {
      if ((e.proto === 'icmp' || e.proto === 'icmpv6') && e.field === 'type') return true;
      if (e.field === '') return false;
      const p = protocol(e.proto);
      return p !== undefined && keyField(p)?.name === e.field;
    }
    default:
      return false;
  }
}

/** Expression names in errors (expr_name). */
const NAMES: Partial<Record<Expr['kind'], string>> = {
  set_ref: 'set reference',
  map: 'map',
  catchall: 'catch-all set element',
  set_elem: 'set element',
  xfrm: 'ipsec',
  unary: 'unary',
  flagcmp: 'flagcmp',
};
export const nameOf = (e: Expr): string => NAMES[e.kind] ?? e.kind;
export const OPERATOR: Readonly<Record<string, string>> = {
  lshift: '<<',
  rshift: '>>',
  and: '&',
  or: '|',
  xor: '^',
  implicit: '',
  eq: '==',
  neq: '!=',
  lt: '<',
  gt: '>',
  lte: '<=',
  gte: '>=',
  neg: '!',
};

export const clone = <T extends Expr>(e: T): T => copy(e) as T;
function copy(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(copy);
  if (v === null || typeof v !== 'object') return v;
  const out: Record<string, unknown> = {};
  for (const [k, x] of Object.entries(v)) out[k] = k === 'loc' || k === 'decl' || k === 'anonymous' || k === 'symbol' ? x : copy(x);
  return out;
}

export const isMap = (s: SetDecl): boolean => s.flags.includes('map') || s.flags.includes('object');
export const has = (s: SetDecl, f: SetDecl['flags'][number]): boolean => s.flags.includes(f);
export function addFlag(s: { flags: SetDecl['flags'] }, f: SetDecl['flags'][number]): void {
  if (!s.flags.includes(f)) s.flags.push(f);
}
export const mapOrSet = (s: SetDecl): 'map' | 'set' => (isMap(s) ? 'map' : 'set');
