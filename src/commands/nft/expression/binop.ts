import type { BinOp, Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { bytesToValue, ones, valueToBytes } from '../datatype/bytes.ts';
import type { Json } from '../datatype/index.ts';
import type { ExpressionDefinition } from '../definition.ts';
import { wireRegister, type Linearizer } from '../linearize/context.ts';
import { mk, valueExpr } from '../node.ts';
import type { Printer } from '../print/context.ts';

export const SYMBOL: Readonly<Record<BinOp, string>> = { lshift: '<<', rshift: '>>', and: '&', or: '|', xor: '^' };
const PRECEDENCE: Readonly<Record<BinOp, number>> = { lshift: 1, rshift: 1, and: 2, xor: 3, or: 4 };

function arg(e: ExprOf<'binop'>, a: Expr, p: Printer): string {
  const text = p.expr(a);
  return a.kind === 'binop' && PRECEDENCE[e.op] < PRECEDENCE[a.op] ? `(${text})` : text;
}

const isLogic = (e: Expr): e is ExprOf<'binop'> => e.kind === 'binop' && (e.op === 'and' || e.op === 'or' || e.op === 'xor');

/** netlink_gen_bitwise_mask_xor: a chain of constant operations becomes one mask and one xor. */
function maskXor(e: ExprOf<'binop'>, l: Linearizer, dreg: number): void {
  const chain: ExprOf<'binop'>[] = [];
  let left: Expr = e;
  while (isLogic(left) && left.right.kind === 'value') {
    chain.unshift(left);
    left = left.left;
  }
  l.load(left, dreg);
  const all = ones(e.len);
  let mask = all;
  let xor = 0n;
  for (const b of chain) {
    const value = inOrder(b.right as ExprOf<'value'>, e) & all;
    const m = b.op === 'and' ? value : b.op === 'or' ? value ^ all : all;
    const x = b.op === 'and' ? 0n : value;
    xor = (xor & m) ^ x;
    mask &= m;
  }
  const len = Math.ceil(e.len / 8);
  l.add({
    kind: 'bitwise',
    op: 'mask_xor',
    sreg: wireRegister(dreg),
    dreg: wireRegister(dreg),
    len,
    mask: valueToBytes(mask, len, e.byteorder),
    xor: valueToBytes(xor, len, e.byteorder),
  });
}

const inOrder = (v: ExprOf<'value'>, _e: Expr): bigint => v.value;

function linearize(e: ExprOf<'binop'>, l: Linearizer, dreg: number): void {
  const len = Math.ceil(e.len / 8);
  if (e.op === 'lshift' || e.op === 'rshift') {
    l.load(e.left, dreg);
    const data = valueToBytes(e.right.kind === 'value' ? e.right.value : 0n, 4, 'host');
    return l.add({ kind: 'bitwise', op: e.op, sreg: wireRegister(dreg), dreg: wireRegister(dreg), len, data });
  }
  if (e.right.kind === 'value') return maskXor(e, l, dreg);
  const op = e.op;
  l.load(e.left, dreg);
  return l.with(e.right, (sreg2) => {
    l.load(e.right, sreg2);
    l.add({ kind: 'bitwise', op, sreg: wireRegister(dreg), sreg2: wireRegister(sreg2), dreg: wireRegister(dreg), len });
  });
}

const binop = (op: BinOp, left: Expr, right: Expr): Expr => mk({ kind: 'binop', op, left, right }, left.dtype, left.byteorder, left.len);
const raw = (v: bigint, bits: number): Expr => valueExpr(v, 'invalid', 'invalid', bits);

/** netlink_parse_bitwise_mask_xor: which of `&`, `^`, `|` the mask and xor stand for. */
function fromMaskXor(left: Expr, maskBytes: Uint8Array, xorBytes: Uint8Array): Expr {
  const bits = maskBytes.length * 8;
  let mask = bytesToValue(maskBytes, 'host');
  let xor = bytesToValue(xorBytes, 'host');
  let or = 0n;
  if (mask !== ones(bits) || xor !== 0n) {
    or = (mask & xor) ^ xor;
    xor &= mask;
    mask |= or;
  }
  let out = left;
  if (!(left.len > 0 && firstZero(mask) >= left.len)) out = binop('and', out, raw(mask, bits));
  if (xor) out = binop('xor', out, raw(xor, bits));
  if (or) out = binop('or', out, raw(or, bits));
  return out;
}

function firstZero(v: bigint): number {
  let i = 0;
  for (let x = v; x & 1n; x >>= 1n) i++;
  return i;
}

/** A chain of the same operation is one array (__binop_expr_json). */
function flat(op: BinOp, e: Expr, p: Printer): Json[] {
  return e.kind === 'binop' && e.op === op ? [...flat(op, e.left, p), ...flat(op, e.right, p)] : [p.json(e)];
}

export const expression: ExpressionDefinition<'binop'> = {
  kind: 'binop',
  linearize,
  delinearize: {
    bitwise: (e, d) => {
      const left = d.need(e.sreg);
      if (e.op === 'mask_xor') return d.put(e.dreg, fromMaskXor(left, e.mask, e.xor));
      if (e.op === 'lshift' || e.op === 'rshift') {
        const amount = valueExpr(bytesToValue(e.data ?? new Uint8Array(), 'host'), 'integer', 'host', 32);
        return d.put(e.dreg, mk({ kind: 'binop', op: e.op, left, right: amount }, left.dtype, left.byteorder, left.len));
      }
      return d.put(e.dreg, binop(e.op, left, e.sreg2 === undefined ? raw(bytesToValue(e.data ?? new Uint8Array(), 'host'), e.len * 8) : d.need(e.sreg2)));
    },
  },
  print: (e, p) => `${arg(e, e.left, p)} ${SYMBOL[e.op]} ${arg(e, e.right, p)}`,
  json: (e, p) => ({ [SYMBOL[e.op]]: e.op === 'lshift' || e.op === 'rshift' ? [p.json(e.left), p.json(e.right)] : flat(e.op, e, p) }),
};
