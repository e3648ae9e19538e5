import type { Verdict } from '../../../kernel/expr/expression.ts';
import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { ones, prefixMask, valueToBytes } from '../datatype/bytes.ts';
import { baseType } from '../datatype/index.ts';

export const byteLength = (bits: number): number => Math.ceil(bits / 8);
const padded = (n: number): number => Math.ceil(n / 4) * 4;

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

const pad = (bytes: Uint8Array): Uint8Array => (bytes.length % 4 ? concatBytes([bytes, new Uint8Array(padded(bytes.length) - bytes.length)]) : bytes);

/** `which` end of a range or prefix; both for a plain value. */
export function boundary(expr: Expr, which: 'start' | 'end'): Expr {
  if (expr.kind === 'range') return which === 'start' ? expr.left : expr.right;
  if (expr.kind === 'prefix') {
    const value = expr.prefix.kind === 'value' ? expr.prefix.value : 0n;
    const mask = prefixMask(expr.len, expr.prefixLen);
    if (baseType(expr.prefix.dtype).id === 'string') return stringPrefixEnd(expr, value, which);
    return { ...expr.prefix, kind: 'value', len: expr.len, value: which === 'start' ? value & mask : value | (mask ^ ones(expr.len)) } as Expr;
  }
  if (expr.kind === 'set_elem') return boundary(expr.key, which);
  return expr;
}

/** Wildcard interface names: all bytes after the prefix are zero or ones. */
function stringPrefixEnd(expr: ExprOf<'prefix'>, value: bigint, which: 'start' | 'end'): Expr {
  const low = value & ones(expr.prefixLen);
  return { ...expr.prefix, kind: 'value', len: expr.len, value: which === 'start' ? low : low | (ones(expr.len) ^ ones(expr.prefixLen)) } as Expr;
}

export function verdictOf(expr: ExprOf<'verdict'>): Verdict {
  if (expr.verdict !== 'jump' && expr.verdict !== 'goto') return { code: expr.verdict };
  const chain = expr.chain;
  const name = chain?.kind === 'symbol' ? chain.identifier : chain?.kind === 'value' ? valueText(chain) : '';
  return { code: expr.verdict, chain: name };
}

export function valueText(expr: ExprOf<'value'>): string {
  let text = '';
  for (const b of valueToBytes(expr.value, byteLength(expr.len), 'host')) {
    if (!b) break;
    text += String.fromCharCode(b);
  }
  return text;
}

/** Bytes of a constant as a register or set element holds them (netlink_gen_data). */
export function dataOf(expr: Expr, interval = false): Uint8Array {
  switch (expr.kind) {
    case 'value':
      return valueToBytes(expr.value, byteLength(expr.len), expr.byteorder);
    case 'concat':
      return interval && expr.items.some(isRange)
        ? concatBytes([...expr.items.map((i) => fieldData(boundary(i, 'start'), interval)), ...expr.items.map((i) => fieldData(boundary(i, 'end'), interval))])
        : concatBytes(expr.items.map((i) => fieldData(i, interval)));
    case 'range':
    case 'prefix':
      return concatBytes([pad(dataOf(boundary(expr, 'start'), interval)), pad(dataOf(boundary(expr, 'end'), interval))]);
    case 'set_elem':
      return dataOf(expr.key, interval);
    case 'mapping':
      return dataOf(expr.left, interval);
    default:
      throw new Error(`no constant data in ${expr.kind}`);
  }
}

const isRange = (e: Expr): boolean => e.kind === 'range' || e.kind === 'prefix';

/** Fields of interval concatenations compare byte by byte, so host-order numbers are turned. */
function fieldData(expr: Expr, interval: boolean): Uint8Array {
  const bytes = dataOf(expr, interval);
  if (interval && expr.kind === 'value' && expr.byteorder === 'host' && baseType(expr.dtype).id === 'integer') bytes.reverse();
  return pad(bytes);
}

/** One end of a concatenated key with ranges. */
export const keyData = (expr: Expr, which: 'start' | 'end', interval: boolean): Uint8Array =>
  expr.kind === 'concat' ? concatBytes(expr.items.map((i) => fieldData(boundary(i, which), interval))) : dataOf(boundary(expr, which), interval);
