import type { Expr, ExprOf } from '../../../parsers/nft/ast.ts';
import { baseType } from '../datatype/index.ts';
import { CT } from '../keys/ct.ts';
import { RT } from '../keys/other.ts';
import { numberOf, protocol, protocolField, type Proto } from '../proto.ts';
import type { Context } from './context.ts';
import { addBefore, exthdrDependency, headerLength, icmpDependency, iiftypeMatch, onEthernet, innerDependency, linkDependency, payloadDependency } from './dependency.ts';
import { EvaluationFailed } from './context.ts';
import { primary } from './expr.ts';
import { binop, bytesOf, constant, ones, unary } from './nature.ts';
import { BASE_NAMES, BASES, baseIndex, type Base } from './proto-context.ts';
import { ctKey, giveType, rawPayload } from './types.ts';
import { evaluateStmt } from './stmt.ts';

const need = (name: string): Proto => protocol(name) as Proto;
const roundUp = (n: number): number => Math.ceil(n / 8) * 8;

export const needsAdjustment = (e: ExprOf<'payload' | 'exthdr'>): boolean => e.offset % 8 !== 0 || e.len % 8 !== 0;

/** expr_offset_shift */
export function offsetShift(e: Expr, offset: number): { shift: number; extra: number } {
  let shift = roundUp(e.len) - ((offset % 8) + e.len);
  let extra = 0;
  while (shift < 0) {
    shift += 8;
    extra += 8;
  }
  return { shift, extra };
}

/** expr_evaluate_bits: fields that do not fill bytes are masked and shifted. */
function bits(c: Context, e: ExprOf<'payload' | 'exthdr'>): Expr {
  if (c.stmt?.kind === 'payload') return e;
  const { shift, extra } = offsetShift(e, e.offset);
  const masklen = e.len + shift;
  if (masklen > 128) c.fail(`mask length ${masklen} exceeds allowed maximum of 128\n`, e.loc);
  const base = baseType(e.dtype).id;
  const mask = constant(e.loc, ones(e.len) << BigInt(shift), base, 'host', masklen);
  const and: Expr = { ...binop(e.loc, 'and', e, mask), len: masklen };
  let out: Expr = and;
  if (shift) {
    let order = e.byteorder;
    let left: Expr = and;
    if ((c.ectx.key || c.stmtLen > 0) && bytesOf(masklen) > 1) {
      left = { ...unary(e.loc, e.byteorder === 'big' ? 'ntoh' : 'hton', and), dtype: e.dtype, byteorder: 'host', len: masklen };
      order = 'host';
    }
    const off = constant(e.loc, BigInt(shift), base, 'host', 8);
    out = { ...binop(e.loc, 'rshift', left, off), dtype: e.dtype, byteorder: order, len: masklen };
  }
  if (extra) e.len += extra;
  return out;
}

/** expr_evaluate_payload_inner */
export function evaluatePayload(c: Context, e: ExprOf<'payload'>): Expr {
  if (e.inner) return inner(c, e);
  return plain(c, e);
}
function plain(c: Context, e: ExprOf<'payload'>): Expr {
  if (e.evaluated) {
    return e;
  }
  const { key } = c.ectx;
  locate(c, e);
  primary(c, e);
  c.ectx.key = key;
  const out = needsAdjustment(e) ? bits(c, e) : e;
  e.evaluated = true;
  return out;
}

/** expr_evaluate_inner */
function inner(c: Context, e: ExprOf<'payload'>): Expr {
  const tunnel = need(e.inner as string);
  const { pctx } = c;
  if (pctx.at('transport') === null && baseIndex(tunnel.base) < baseIndex('inner')) {
    addBefore(c, innerDependency(c, e, tunnel));
    // of the tunnels that share a number the one meant counts, not the one that the number says
    pctx.layers.transport.protos = [];
    pctx.update('transport', e.loc, tunnel);
  }
  if (tunnel.base === 'inner') {
    const desc = pctx.at(BASES[baseIndex(tunnel.base) - 1] as Base);
    if (!desc) return c.fail('no transport protocol specified', e.loc);
    if (numberOf(desc, tunnel) < 0 && desc.name !== 'udp') c.fail(`unexpected transport protocol ${desc.name}`, e.loc);
    pctx.update('inner', e.loc, tunnel);
  }
  if (e.base !== 'inner') c.inner = tunnel.name;
  return plain(c, e);
}

/** __expr_evaluate_payload: adds the matches on which the header depends, or says what it contradicts. */
export function locate(c: Context, e: ExprOf<'payload'>): void {
  giveType(e);
  rawPayload(e);
  if (e.raw) return;
  const { pctx } = c;
  const base = e.base as Base;
  let desc = pctx.at(base);
  if (!desc) {
    addBefore(c, payloadDependency(c, e));
    desc = pctx.at(base);
    if (desc?.name !== e.proto && base === 'link' && desc) {
      const link = numberOf(desc, e.proto);
      if (link < 0) c.fail(`conflicting protocols specified: ${desc.name} vs. ${e.proto}`, e.loc);
      const stmt = linkDependency(c, link, e);
      e.offset += headerLength(pctx.stacked[0] as Proto);
      addBefore(c, stmt);
      return;
    }
    return icmp(c, e, desc);
  }
  if (base === desc.base && pctx.ambiguous(base)) {
    const other = pctx.conflict(base, e.proto);
    c.fail(`conflicting protocols specified: ${other?.name ?? desc.name} vs. ${e.proto}`, e.loc);
  }
  if (desc.name === e.proto) {
    if (desc.base === 'link') for (const s of pctx.stacked) e.offset += headerLength(s);
    return icmp(c, e, desc);
  }
  if (base === 'link') {
    if (linkConflict(c, desc, e)) return;
    if (pctx.at(base)?.name === e.proto) return;
  }
  c.fail(`conflicting ${BASE_NAMES[base]} protocols specified: ${pctx.at(base)?.name} vs. ${e.proto}`, e.loc);
}

function icmp(c: Context, e: ExprOf<'payload'>, desc: Proto | null): void {
  if (desc?.name !== 'icmp' && desc?.name !== 'icmpv6') return;
  const kind = protocolField(e.proto, e.field)?.icmp;
  if (!kind) return;
  const stmt = icmpDependency(c, e, kind);
  if (stmt) addBefore(c, stmt);
}

/** resolve_ll_protocol_conflict; false: it stays a conflict. */
function linkConflict(c: Context, was: Proto, e: ExprOf<'payload'>): boolean {
  const { pctx } = c;
  let desc = was;
  if (desc.name === 'inet' || desc.name === 'netdev') {
    if (c.inner) pctx.update('link', e.loc, need('ether'));
    else {
      if (!onEthernet(e.proto)) c.fail('protocol specification is invalid for this family', e.loc);
      const stmt = iiftypeMatch(e.loc);
      const saved = c.stmtLen;
      evaluateStmt(c, stmt);
      c.stmtLen = saved;
      desc = need(e.proto);
      addBefore(c, stmt);
    }
  } else if (pctx.stacked.some((s) => s.name === e.proto)) return true;
  const link = numberOf(desc, e.proto);
  if (link < 0) return false;
  let stmt;
  try {
    stmt = linkDependency(c, link, e);
  } catch (x) {
    if (x instanceof EvaluationFailed) return false;
    throw x;
  }
  for (const s of pctx.stacked) e.offset += headerLength(s);
  addBefore(c, stmt);
  return true;
}
/** __expr_evaluate_exthdr */
export function exthdrValue(c: Context, e: ExprOf<'exthdr'>): Expr {
  giveType(e);
  const { key } = c.ectx;
  const width = e.len;
  if (e.present) {
    e.dtype = 'boolean';
  }
  primary(c, e);
  // a place in a list beyond its templates has no type
  if (e.dtype === 'invalid') c.expectType(null, 0);
  c.ectx.key = key;
  const out = e.offset % 8 !== 0 || e.len % 8 !== 0 ? bits(c, e) : e;
  const total = width + e.offset;
  if (e.op === 'tcpopt' && total > 320) c.fail(`offset and size ${total} exceeds max tcp headerlen (320)`, e.loc);
  if (e.op === 'ipv4' && total > 320) c.fail(`offset and size ${total} exceeds max ip option len (320)`, e.loc);
  return out;
}

export function evaluateExthdr(c: Context, e: ExprOf<'exthdr'>): Expr {
  if (e.op === 'tcpopt' || e.op === 'sctp' || e.op === 'dccp') return exthdrValue(c, e);
  const dependency = need(e.op === 'ipv4' ? 'ip' : 'ip6');
  const base = c.pctx.at('network');
  if (base?.name === dependency.name) return exthdrValue(c, e);
  if (base) c.fail(`cannot use exthdr with ${base.name}`, e.loc);
  c.rule.stmts.unshift(exthdrDependency(c, e, dependency));
  return exthdrValue(c, e);
}

/** expr_evaluate_rt */
export function evaluateRt(c: Context, e: ExprOf<'rt'>): Expr {
  const network = c.pctx.at('network')?.name;
  if (e.key === 'nexthop' || (e.key === 'nexthop4' && network === 'ip6')) {
    if (network !== 'ip' && network !== 'ip6') c.fail('cannot determine ip protocol version, use "ip nexthop" or "ip6 nexthop" instead', e.loc);
    e.key = network === 'ip' ? 'nexthop4' : 'nexthop6';
    const k = RT[e.key];
    e.dtype = k.dtype;
    e.byteorder = k.byteorder;
    e.len = k.len;
  }
  if (e.key === 'nexthop4' && c.pctx.family === 'ip6') c.fail('ip nexthop will not match', e.loc);
  if (e.key === 'nexthop6' && c.pctx.family === 'ip') c.fail('ip6 nexthop will not match', e.loc);
  return primary(c, e);
}

/** ct_gen_nh_dependency */
function ctDependency(c: Context, e: ExprOf<'ct'>): void {
  const now = c.pctx.at('network');
  if (now?.name === 'ip' || now?.name === 'ip6') {
    e.l3 = now.name;
    return;
  }
  if (!now) c.fail(`cannot determine ip protocol version, use "ip ${e.key}" or "ip6 ${e.key}" instead`, e.loc);
}

/** expr_evaluate_ct */
export function evaluateCt(c: Context, e: ExprOf<'ct'>): Expr {
  const base = c.pctx.at('network');
  if ((e.key === 'saddr' || e.key === 'daddr') && !e.nfproto) {
    ctDependency(c, e);
    // ct_expr_update_type: where the network layer is no IP the address stays without a type
    const k = e.l3 && CT[`${e.l3} ${e.key}`];
    if (k) {
      e.dtype = k.dtype;
      e.byteorder = k.byteorder;
      e.len = k.len;
    }
  } else if (e.nfproto) {
    const other = e.nfproto === 'ip' ? 'ip6' : 'ip';
    if (base?.name === other) c.fail(`conflicting protocols specified: ${base.name} vs. ${e.nfproto}`, e.loc, c.pctx.layers.network.loc);
  }
  if ((e.key === 'proto-src' || e.key === 'proto-dst') && c.pctx.at('transport') !== null) {
    e.dtype = 'inet_service';
  }
  const k = ctKey(e);
  if (k && e.dtype === 'invalid') {
    e.dtype = k.dtype;
    e.byteorder = k.byteorder;
    e.len = k.len;
  }
  return primary(c, e);
}
