import type { Expr, Stmt } from '../../../parsers/nft/ast.ts';

const text = (v: unknown): string =>
  JSON.stringify(v, (k, x: unknown) => (k === 'loc' || k === 'dtype' || k === 'byteorder' || k === 'len' ? undefined : typeof x === 'bigint' ? `${x}n` : x));

export const sameExpr = (a: Expr, b: Expr): boolean => text(a) === text(b);

/** Selectors that a map or set can be made of (expr_cmp of src/optimize.c). */
const SELECTORS = new Set<Expr['kind']>(['payload', 'exthdr', 'meta', 'ct', 'rt', 'socket', 'osf', 'xfrm', 'fib', 'numgen', 'hash', 'binop', 'concat']);

const value = (e: Expr): boolean => !(e.kind === 'symbol' && e.symbolType === 'set') && e.kind !== 'set_ref' && e.kind !== 'variable';
const plain = (e: Expr | undefined): boolean => e === undefined || e.kind === 'symbol' || e.kind === 'range' || e.kind === 'value';

/** __stmt_type_eq: the same statement but for the values that may go into a set. */
export function sameStmt(a: Stmt, b: Stmt): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'expression': {
      const c = b as typeof a;
      if (a.expr.kind !== 'relational' || c.expr.kind !== 'relational' || a.expr.op !== c.expr.op) return false;
      if (a.expr.op !== 'implicit' && a.expr.op !== 'eq') return false;
      return SELECTORS.has(a.expr.left.kind) && value(a.expr.right) && value(c.expr.right) && sameExpr(a.expr.left, c.expr.left);
    }
    case 'verdict':
      return a.expr.kind === 'verdict' && (b as typeof a).expr.kind === 'verdict';
    case 'counter':
    case 'notrack':
      return true;
    case 'limit':
    case 'log':
    case 'reject':
      return text(a) === text(b);
    case 'nat': {
      const c = b as typeof a;
      return (
        a.type === c.type &&
        a.flags === c.flags &&
        a.family === c.family &&
        (a.addr === undefined) === (c.addr === undefined) &&
        (a.proto === undefined) === (c.proto === undefined) &&
        plain(a.addr) &&
        plain(c.addr) &&
        plain(a.proto) &&
        plain(c.proto)
      );
    }
    default:
      return false;
  }
}
