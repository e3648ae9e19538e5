import type { Expr, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';

const text = (v: unknown): string =>
  JSON.stringify(v, (k, x: unknown) => (k === 'loc' || k === 'dtype' || k === 'byteorder' || k === 'len' ? undefined : typeof x === 'bigint' ? `${x}n` : x));

const sameExpr = (a: Expr, b: Expr): boolean => text(a) === text(b);
export const sameNode = (a: Expr | Stmt, b: Expr | Stmt): boolean => text(a) === text(b);

/** Selectors that a map or set can be made of (__expr_cmp of src/optimize.c). */
const SELECTORS = new Set<Expr['kind']>(['payload', 'exthdr', 'meta', 'ct', 'rt', 'socket', 'osf', 'xfrm', 'fib', 'numgen', 'hash', 'binop']);
const sameSelector = (a: Expr, b: Expr): boolean => SELECTORS.has(a.kind) && sameExpr(a, b);

/** Values are told to be the same only where they are single ones: a prefix is not the same as itself. */
export function sameValue(a: Expr, b: Expr): boolean {
  if (a.kind === 'binop') return b.kind === 'binop' && sameValue(a.left, b.left) && sameValue(a.right, b.right);
  return ((a.kind === 'symbol' && a.symbolType === 'value') || a.kind === 'value') && sameExpr(a, b);
}

const MERGEABLE_VALUES = new Set<Expr['kind']>(['symbol', 'range', 'prefix', 'set', 'list', 'value', 'binop']);
const mergeable = (e: Expr): boolean => MERGEABLE_VALUES.has(e.kind) && !(e.kind === 'symbol' && e.symbolType === 'set');

const isPlain = (e: Expr | undefined): boolean => e === undefined || (e.kind === 'symbol' && e.symbolType === 'value') || e.kind === 'range' || e.kind === 'value';

/**
 * __stmt_type_eq: statements of one column of a chain's table. With `merge`, those that could become one, their values apart.
 */
export function sameColumn(a: Stmt, b: Stmt, merge: boolean): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'expression': {
      const x = a.expr,
        y = (b as typeof a).expr;
      if (x.kind !== 'relational' || y.kind !== 'relational' || x.op !== y.op || (x.op !== 'implicit' && x.op !== 'eq')) return false;
      return sameSelector(x.left, y.left) && (!merge || (mergeable(x.right) && mergeable(y.right)));
    }
    case 'counter':
    case 'notrack':
      return true;
    case 'verdict': {
      const y = (b as typeof a).expr;
      return !merge || (a.expr.kind === y.kind && (a.expr.kind !== 'map' || (y.kind === 'map' && sameSelector(a.expr.map, y.map))));
    }
    case 'log':
    case 'reject':
      return text(a) === text(b);
    case 'nat':
      return sameNat(a, b as typeof a, merge);
    default:
      return false;
  }
}

function sameNat(a: StmtOf<'nat'>, b: StmtOf<'nat'>, merge: boolean): boolean {
  if (a.type !== b.type || a.flags !== b.flags || a.family !== b.family || text(a.typeFlags) !== text(b.typeFlags)) return false;
  switch (a.type) {
    case 'masquerade':
      return true;
    case 'redirect':
      return isPlain(a.proto) && isPlain(b.proto) && !(merge && (a.proto === undefined) !== (b.proto === undefined));
    default:
      return [a.addr, a.proto, b.addr, b.proto].every(isPlain);
  }
}
