import type { ExprOf } from '../../../parsers/nft/ast.ts';
import { bitLength, lowBit } from '../datatype/bytes.ts';
import type { Field, Proto } from '../proto.ts';
import { protocol } from '../proto.ts';
import { icmpMatches, type ProtocolContext } from './protocols.ts';

/** Makes `e` the field of a header. */
export function become(e: ExprOf<'payload'>, desc: Proto, f: Field, offset = f.offset): void {
  e.proto = desc.name;
  e.field = f.name;
  e.raw = false;
  e.offset = offset;
  e.dtype = f.dtype;
  e.byteorder = f.byteorder;
  e.len = f.len;
}

/** payload_init_raw: ports are known even where the protocol is not. */
export function initRaw(e: ExprOf<'payload'>, unknown = false): void {
  e.raw = true;
  e.proto = '';
  e.field = '';
  e.dtype = 'xinteger';
  e.byteorder = 'big';
  const th = e.base === 'transport' && !unknown ? protocol('th') : undefined;
  const f = th?.fields.find((x) => x.offset === e.offset && x.len === e.len);
  if (th && f) become(e, th, f);
}

export function fieldAt(desc: Proto | null | undefined, offset: number, len: number, ctx: ProtocolContext): Field | undefined {
  return desc?.fields.find((f) => f.meta === undefined && f.offset === offset && f.len === len && icmpMatches(desc.name, f, ctx.icmpType));
}

/** payload_expr_complete */
export function complete(e: ExprOf<'payload'>, ctx: ProtocolContext): void {
  const { desc, skip } = ctx.place(e);
  const f = fieldAt(desc, e.offset - skip, e.len, ctx);
  if (desc && f) become(e, desc, f);
  else initRaw(e, desc === null);
  // fields of a tunnel's own header keep the type of raw ones
  if (e.base === 'tunnel') e.dtype = 'xinteger';
}

/** payload_expr_expand: one load may cover several fields. The last may be cut short: a prefix of its field. */
export function expand(e: ExprOf<'payload'>, ctx: ProtocolContext): ExprOf<'payload'>[] {
  const { desc, skip: base } = ctx.place(e);
  const out: ExprOf<'payload'>[] = [];
  let offset = e.offset - base;
  let rest = e.len;
  const fits = (f: Field): boolean => f.meta === undefined && f.offset === offset && desc !== null && desc !== undefined && icmpMatches(desc.name, f, ctx.icmpType);
  for (const f of desc?.fields ?? []) {
    if (!desc || !fits(f) || (f.len > rest && desc.fields.some((x) => x.len <= rest && fits(x)))) continue;
    const part = { ...e };
    become(part, desc, f);
    if (e.base === 'tunnel') part.dtype = 'integer';
    out.push(part);
    if (f.len > rest) {
      part.len = rest;
      return out;
    }
    offset += f.len;
    rest -= f.len;
    if (rest === 0) return out;
  }
  const raw = { ...e, offset: offset + base, len: rest };
  initRaw(raw, desc === null);
  out.push(raw);
  return out;
}

export interface Trim {
  readonly shift: number;
  readonly offset: number;
  /** Bits from the first that is set to the first that is not. */
  readonly len: number;
  /** Bits that are set, wherever they are. */
  readonly count: number;
}

/** Where in the packet the bits of a mask lie; those above the first gap do not count for the place. */
export function maskPlace(e: ExprOf<'payload'>, mask: bigint): Trim | null {
  if (mask === 0n) return null;
  const shift = lowBit(mask);
  let top = shift,
    count = 0;
  while ((mask >> BigInt(top)) & 1n) top++;
  for (let v = mask; v; v >>= 1n) if (v & 1n) count++;
  return { shift, len: top - shift, count, offset: e.offset + Math.ceil(e.len / 8) * 8 - top };
}

/** payload_expr_trim: does the mask only cut out neighbouring fields? One becomes that field, several stay raw for payload_expr_expand. */
export function trim(e: ExprOf<'payload'>, mask: bigint, ctx: ProtocolContext): number | null {
  const place = maskPlace(e, mask);
  const { desc, skip } = ctx.place(e);
  if (!place || !desc) return null;
  let offset = place.offset - skip,
    rest = place.len;
  for (const f of desc.fields) {
    if (f.meta !== undefined || f.offset !== offset || f.len > rest || !icmpMatches(desc.name, f, ctx.icmpType)) continue;
    if (f.len === place.len) {
      become(e, desc, f);
      return place.shift;
    }
    offset += f.len;
    rest -= f.len;
    if (rest > 0) continue;
    e.offset = place.offset;
    e.len = place.len;
    initRaw(e, true);
    return place.shift;
  }
  return null;
}

/** Beyond this bit nothing is cut out (payload_expr_trim_force). */
const LAST_CUT = 248;

/** payload_expr_trim_force: raw bits that need not be a field. */
export function trimForce(e: ExprOf<'payload'>, mask: bigint): number | null {
  const place = maskPlace(e, mask);
  if (!place || place.count > e.len || place.offset === e.offset || place.offset > LAST_CUT) return null;
  e.offset = place.offset;
  e.len = place.count;
  return place.shift;
}

/** The field in which all the touched bits of some whole bytes lie. */
export function fieldAround(e: ExprOf<'payload'>, touched: bigint, ctx: ProtocolContext): { field: ExprOf<'payload'>; shift: number } | null {
  const { desc, skip } = ctx.place(e);
  const bits = Math.ceil(e.len / 8) * 8;
  if (!desc || !touched) return null;
  const start = e.offset - skip;
  const first = start + bits - bitLength(touched);
  const last = start + bits - lowBit(touched);
  const f = desc.fields.find((x) => x.meta === undefined && x.offset <= first && x.offset + x.len >= last);
  if (!f || f.offset < start || f.offset + f.len > start + bits) return null;
  const field = { ...e };
  become(field, desc, f);
  return { field, shift: start + bits - (f.offset + f.len) };
}
