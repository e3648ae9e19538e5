import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { lowBit } from '../datatype/bytes.ts';
import type { Context } from './context.ts';
import { describe, evaluate, toByteorder } from './expr.ts';
import { binop, isBitmask, isConstant, isSingleton, nameOf, ones, OPERATOR, sameType } from './nature.ts';
import { declareSet } from './sets.ts';

/** expr_evaluate_relational */
export function evaluateRelational(c: Context, rel: ExprOf<'relational'>): Expr {
  if (rel.right.kind === 'symbol' && rel.right.symbolType === 'set') rel.right = evaluate(c, rel.right);
  if (rel.right.dtype === 'boolean' && rel.left.kind === 'fib' && rel.left.dtype === 'invalid') rel.left.flags |= 32;
  rel.left = evaluate(c, rel.left.kind === 'set_elem' ? rel.left.key : rel.left);
  const { pctx } = c;
  rel.right = evaluate(c, rel.right);
  const { left } = rel;
  check(c, rel);
  if (left.kind !== 'concat' && (rel.op === 'eq' || rel.op === 'implicit' || rel.op === 'neq') && rel.right.kind === 'set' && rel.right.items.length === 1)
    singleton(rel, rel.right);
  switch (rel.op) {
    case 'eq':
    case 'implicit':
      pctx.learn(rel);
      equality(c, rel);
      break;
    case 'neq':
    case 'neg':
      equality(c, rel);
      break;
    default:
      ordering(c, rel);
      break;
  }
  transfer(c, rel);
  return rel;
}

function check(c: Context, rel: ExprOf<'relational'>): void {
  const { left, right } = rel;
  const sym = OPERATOR[rel.op];
  if (!isConstant(right)) c.fail(`Right hand side of relational expression (${sym}) must be constant`, right.loc, rel.loc);
  if (isConstant(left)) c.fail(`Relational expression (${sym}) has constant value`, left.loc, right.loc);
  const type = right.kind === 'set_ref' && right.decl?.key ? right.decl.key.dtype : right.dtype;
  if (!sameType(left.dtype, type)) c.fail(`datatype mismatch, expected ${describe(left.dtype)}, expression has type ${describe(type)}`, right.loc, left.loc);
  const secmark = (left.kind === 'meta' || left.kind === 'ct') && left.key === 'secmark';
  if (secmark && isConstant(right)) c.fail('Cannot be used with right hand side constant value', right.loc, left.loc);
}

/** optimize_singleton_set: `{ 22 }` is 22. */
function singleton(rel: ExprOf<'relational'>, set: ExprOf<'set'>): void {
  const i = set.items[0] as Expr;
  if (i.kind === 'set_elem' && i.stmts.length === 0 && (i.key.kind === 'prefix' || i.key.kind === 'range' || i.key.kind === 'value')) rel.right = i.key;
  if (rel.op === 'implicit' && isBitmask(rel.right.dtype) && rel.right.dtype !== 'ct_state') rel.op = 'eq';
}

function equality(c: Context, rel: ExprOf<'relational'>): void {
  const { left, right } = rel;
  if (rel.op === 'neg') {
    if (left.kind === 'binop') c.fail('cannot combine negation with binary expression', left.loc, right.loc);
    if (right.kind !== 'value' || !isBitmask(right.dtype)) c.fail('negation can only be used with singleton bitmask values.  Did you mean "!="?', left.loc, right.loc);
  }
  switch (right.kind) {
    case 'range':
      rel.left = toByteorder(c, left, 'big');
      right.left = toByteorder(c, right.left, 'big');
      right.right = toByteorder(c, right.right, 'big');
      return;
    case 'prefix':
      right.prefix = toByteorder(c, right.prefix, left.byteorder);
      return;
    case 'value':
      rel.right = toByteorder(c, right, left.byteorder);
      return;
    case 'set': {
      if (right.items.length === 0) c.fail('Set is empty', right.loc);
      const flags = [...right.flags];
      rel.right = declareSet(c, '__set%d', left, undefined, right, [...new Set([...flags, 'anonymous' as const])]);
      return inSet(c, rel, left);
    }
    case 'set_ref':
      return inSet(c, rel, left);
    case 'concat':
      c.fail('Use concatenations with sets and maps, not singleton values', left.loc, right.loc);
      break;
    default:
      throw new Error(`invalid expression type ${nameOf(right)}`);
  }
}

function inSet(c: Context, rel: ExprOf<'relational'>, left: Expr): void {
  if (left.kind === 'ct' && (left.key === 'saddr' || left.key === 'daddr') && !left.nfproto) c.fail('specify either ip or ip6 for address matching', left.loc);
  if (rel.right.kind === 'set_ref' && rel.right.decl?.flags.includes('interval')) rel.left = toByteorder(c, left, 'big');
}

function ordering(c: Context, rel: ExprOf<'relational'>): void {
  const { left, right } = rel;
  const sym = OPERATOR[rel.op];
  if (left.kind === 'concat') c.fail(`Relational expression (${sym}) is undefined for ${nameOf(left)} expressions`, left.loc, rel.loc);
  if (!isSingleton(right)) c.fail(`Relational expression (${sym}) is undefined for ${nameOf(right)} expressions`, right.loc, rel.loc);
  rel.left = toByteorder(c, left, 'big');
  rel.right = toByteorder(c, right, 'big');
}

/** binop_transfer: an invertible operation moves to the constant side. */
export function transfer(c: Context, holder: { left: Expr; right: Expr }): void {
  const { left } = holder;
  if (left.kind !== 'binop') return;
  const moved = move(c, left, holder.right);
  if (!moved) return;
  holder.right = moved;
  holder.left = without(left);
}

function without(left: ExprOf<'binop'>): Expr {
  if (left.op === 'rshift') {
    const by = left.right.kind === 'value' ? left.right.value : 0n;
    if (left.right.kind === 'value') left.right.value = ones(left.left.len) << by;
    left.op = 'and';
    return left;
  }
  left.left.dtype = left.dtype;
  return left.left;
}

/** __binop_transfer; null: not to be moved. */
function move(c: Context, left: ExprOf<'binop'>, right: Expr): Expr | null {
  switch (right.kind) {
    case 'value':
    case 'range':
      return movable(c, left, right) ? moveOne(c, left, right) : null;
    case 'set':
      if (!right.items.every((i) => !isRange(i) && movable(c, left, i))) return null;
      right.items = right.items.map((i) => moveOne(c, left, i));
      return right;
    case 'set_ref': {
      const decl = right.anonymous?.decl;
      if (!decl?.init) return null;
      const init = move(c, left, decl.init);
      if (!init) return null;
      decl.init = init;
      return right;
    }
    default:
      return null;
  }
}

/** Ranges as elements are values of their own kind by now, which binop_can_transfer does not know. */
function isRange(item: Expr): boolean {
  const left = item.kind === 'mapping' ? item.left : item;
  return (left.kind === 'set_elem' ? left.key : left).kind === 'range';
}

function movable(c: Context, left: ExprOf<'binop'>, right: Expr): boolean {
  switch (right.kind) {
    case 'set_elem':
      return movable(c, left, right.key);
    case 'mapping':
      return movable(c, left, right.left);
    case 'range':
      return movable(c, left, right.left) && movable(c, left, right.right);
    case 'value':
      break;
    default:
      return false;
  }
  const by = left.right.kind === 'value' ? left.right.value : 0n;
  switch (left.op) {
    case 'lshift':
      if (right.value !== 0n && BigInt(lowBit(right.value)) < by) c.fail('Comparison is always false', right.loc, left.loc);
      return true;
    case 'rshift':
      if (c.ectx.len < right.len + Number(by)) c.ectx.len += Number(by);
      return true;
    case 'xor':
      return isConstant(left.right);
    default:
      return false;
  }
}

const INVERSE = { lshift: 'rshift', rshift: 'lshift', xor: 'xor' } as const;

function moveOne(c: Context, left: ExprOf<'binop'>, right: Expr): Expr {
  switch (right.kind) {
    case 'mapping':
      right.left = moveOne(c, left, right.left);
      return right;
    case 'set_elem':
      right.key = moveOne(c, left, right.key);
      return right;
    case 'range':
      right.left = moveOne(c, left, right.left);
      right.right = moveOne(c, left, right.right);
      return right;
    case 'value': {
      const op = INVERSE[left.op as keyof typeof INVERSE];
      return evaluate(c, { ...binop(right.loc, op, right, { ...left.right }) });
    }
    default:
      return right;
  }
}
