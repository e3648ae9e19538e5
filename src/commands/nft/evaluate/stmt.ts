import type { ByteOrder, DatatypeName, Expr, ExprOf, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import { baseType, concatType, datatype, parseSymbol } from '../datatype/index.ts';
import { CT } from '../keys/ct.ts';
import { META } from '../keys/meta.ts';
import { NOWHERE } from '../node.ts';
import { numberOf, protocol, type Proto } from '../proto.ts';
import { EvaluationFailed, type Context } from './context.ts';
import { payloadDependency, payloadExpr } from './dependency.ts';
import { checkChainName, describe, evaluate, tableNotFound, toByteorder } from './expr.ts';
import { exthdrValue, locate, needsAdjustment, offsetShift } from './headers.ts';
import { addFlag, binop, bytesOf, clone, compatible, constant, has, isConstant, isInteger, isMap, mapOrSet, ones, sameType, saysProtocol } from './nature.ts';
import { evaluateChainStmt } from './rules.ts';
import { declareSet, finishMap, inlineMap, stateful } from './sets.ts';

const need = (name: string): Proto => protocol(name) as Proto;
export const STATEFUL: ReadonlySet<Stmt['kind']> = new Set(['counter', 'limit', 'quota', 'connlimit', 'last']);

/** Statements after which nothing in the rule happens (STMT_F_TERMINAL). */
export const terminal = new WeakSet<Stmt>();

const NAMES: Partial<Record<Stmt['kind'], string>> = {
  connlimit: 'ct count',
  payload: 'payload',
  exthdr: 'exthdr',
  flow: 'flow_offload',
  chain: 'chain',
  objref: 'objref',
  optstrip: 'optstrip',
};
export const stmtName = (s: Stmt): string => (s.kind === 'nat' ? s.type : (NAMES[s.kind] ?? s.kind));

export function evaluateStmt(c: Context, s: Stmt): void {
  c.stmtLen = 0;
  switch (s.kind) {
    case 'connlimit':
    case 'counter':
    case 'last':
    case 'limit':
    case 'quota':
    case 'notrack':
    case 'flow':
    case 'xt':
    case 'synproxy':
      return;
    case 'expression':
      c.forget();
      s.expr = evaluate(c, s.expr);
      return;
    case 'verdict':
      return verdict(c, s);
    case 'payload':
      return payload(c, s);
    case 'exthdr':
      return exthdr(c, s);
    case 'meter':
      return meter(c, s);
    case 'meta':
      return meta(c, s);
    case 'ct':
      return ct(c, s);
    case 'log':
      return log(c, s);
    case 'reject':
      return reject(c, s);
    case 'nat':
      return nat(c, s);
    case 'tproxy':
      return tproxy(c, s);
    case 'queue':
      return queue(c, s);
    case 'dup':
      return dup(c, s);
    case 'fwd':
      return fwd(c, s);
    case 'set':
      return set(c, s);
    case 'map':
      return map(c, s);
    case 'objref':
      return objref(c, s);
    case 'chain':
      return evaluateChainStmt(c, s);
    case 'optstrip':
      s.expr = evaluate(c, s.expr);
      return;
    default:
      s satisfies never;
  }
}

/** stmt_prefix_conversion */
function prefixToRange(c: Context, e: ExprOf<'prefix'>): Expr {
  const base = e.prefix;
  if (base.kind !== 'value') return c.fail(`you cannot specify a prefix here, unknown type ${datatype(base.dtype).name}`, e.loc);
  if (!isInteger(base)) c.fail('Prefix expression expected integer value', e.loc);
  const host = ones(base.len - e.prefixLen);
  const end = (v: bigint): Expr => constant(e.loc, v, base.dtype, base.byteorder, base.len);
  return evaluate(c, {
    kind: 'range',
    left: end(base.value & (ones(base.len) ^ host)),
    right: end(base.value | host),
    loc: e.loc,
    dtype: base.dtype,
    byteorder: base.byteorder,
    len: base.len,
  });
}

/** __stmt_evaluate_arg */
function fit(c: Context, s: Stmt, dtype: DatatypeName, len: number, order: ByteOrder, e: Expr): Expr {
  const type = e.kind === 'set_ref' && e.decl?.key ? e.decl.key.dtype : e.dtype;
  if (e.kind === 'payload' && datatype(type).number === 4 && (datatype(type).number !== baseType(dtype).number || e.len !== len)) {
    c.fail(`datatype mismatch: expected ${describe(dtype)}, expression has type ${describe(type)} with length ${e.len}`, e.loc, s.loc);
  }
  if (!compatible(dtype, type)) c.fail(`datatype mismatch: expected ${describe(dtype)}, expression has type ${describe(type)}`, e.loc, s.loc);
  if (dtype === 'mark' && sameType(baseType(dtype).id, baseType(type).id) && !isConstant(e)) return toByteorder(c, e, order);
  switch (e.kind) {
    case 'set':
      return c.fail('you cannot use a set here, unknown value to use', e.loc, s.loc);
    case 'set_ref':
      return c.fail('you cannot reference a set here, unknown value to use', e.loc, s.loc);
    case 'rt':
      return toByteorder(c, e, order);
    case 'prefix':
      return prefixToRange(c, e);
    case 'numgen':
      return dtype === 'ipv4_addr' ? toByteorder(c, e, order) : e;
    default:
      return e;
  }
}

/** stmt_evaluate_arg; an element, which JSON can write anywhere, is its key to it. */
export function argument(c: Context, s: Stmt, dtype: DatatypeName, len: number, order: ByteOrder, e: Expr): Expr {
  c.expect(dtype, order, len);
  return fit(c, s, dtype, len, order, evaluate(c, e.kind === 'set_elem' ? e.key : e));
}
function noRange(c: Context, s: Stmt, e: Expr): void {
  if (e.kind === 'range') c.fail(`${stmtName(s)}: range argument not supported`, e.loc);
}

function verdict(c: Context, s: StmtOf<'verdict'>): void {
  s.expr = argument(c, s, 'verdict', 0, 'invalid', s.expr);
  if (s.expr.kind !== 'verdict') return;
  if (s.expr.verdict !== 'continue') terminal.add(s);
  if (!s.expr.chain) return;
  s.expr.chain = argument(c, s, 'string', 0, 'invalid', s.expr.chain);
  if (s.expr.chain.kind !== 'value') c.fail('not a value expression', s.expr.chain.loc);
  checkChainName(c, s.expr.chain);
}

function exthdr(c: Context, s: StmtOf<'exthdr'>): void {
  s.expr = exthdrValue(c, s.expr as ExprOf<'exthdr'>);
  s.value = argument(c, s, s.expr.dtype, s.expr.len, 'big', s.value);
  noRange(c, s, s.value);
}

const checksummed = (e: ExprOf<'payload'>): boolean => e.base === 'inner' || protocol(e.proto)?.checksum !== undefined;
const alignedFetch = (e: ExprOf<'payload'>): boolean => checksummed(e) || (e.base === 'link' && e.proto === 'vlan');
const samePayload = (a: ExprOf<'payload'>, b: ExprOf<'payload'>): boolean => a.proto === b.proto && a.field === b.field && a.base === b.base && a.offset === b.offset;

/** stmt_evaluate_payload: fields that do not fill whole (pairs of) bytes are read, masked, merged and written back. */
function payload(c: Context, s: StmtOf<'payload'>): void {
  const p = s.expr as ExprOf<'payload'>;
  const unsupported = (e: Expr): never => c.fail('payload statement for this expression is not supported', e.loc);
  if (p.inner) unsupported(p);
  locate(c, p);
  s.value = argument(c, s, p.dtype, p.len, p.byteorder, s.value);
  if (!isConstant(s.value)) s.value = toByteorder(c, s.value, p.byteorder);
  noRange(c, s, s.value);
  const aligned = alignedFetch(p);
  if (!needsAdjustment(p) && (!aligned || (p.len / 8) % 2 === 0)) return;
  let at = Math.floor(p.offset / 8);
  const { shift, extra } = offsetShift(p, p.offset);
  let by = BigInt(shift);
  let size = bytesOf(p.len + extra);
  if (size > 16) c.fail(`uneven load cannot span more than 16 bytes, got ${size}`, p.loc);
  if (aligned && size % 2) {
    size++;
    if (at % 2) at--;
    else by += 8n;
  }
  const masklen = size * 8;
  const keep = ones(masklen) ^ (ones(p.len) << by);
  if (s.value.kind === 'value') s.value.value <<= by;
  else if (s.value.kind === 'binop') {
    if (rewriteBinop(c, s, p, s.value, at, size, by, keep, unsupported)) return;
  } else unsupported(s.value);
  const raw: ExprOf<'payload'> = { ...p, offset: at * 8, len: masklen, raw: true, evaluated: false, field: '', written: p.field, dtype: 'integer', byteorder: p.byteorder };
  p.len = masklen;
  p.offset = raw.offset;
  p.raw = true;
  p.written = p.field;
  const base = baseType(p.dtype).id;
  const and = { ...binop(p.loc, 'and', raw, constant(p.loc, keep, base, p.byteorder, masklen)), dtype: raw.dtype, byteorder: raw.byteorder, len: masklen };
  s.value = evaluate(c, { ...binop(p.loc, 'xor', and, s.value), dtype: p.dtype, byteorder: p.byteorder, len: masklen });
}

/** `ip dscp set ip dscp or 0x1`: the load in the value is the one that is written back. */
function rewriteBinop(
  c: Context,
  s: StmtOf<'payload'>,
  p: ExprOf<'payload'>,
  value: ExprOf<'binop'>,
  at: number,
  size: number,
  by: bigint,
  keep: bigint,
  unsupported: (e: Expr) => never,
): boolean {
  let e = value;
  while (e.left.kind === 'binop') e = e.left;
  if (e.left.kind !== 'payload' || !samePayload(p, e.left)) return false;
  e.left.offset = at * 8;
  e.left.len = size * 8;
  e.left.raw = true;
  e.left.written = p.field;
  if (e.right.kind !== 'value') return unsupported(e.right);
  e.right.value <<= by;
  if (e.op === 'and') e.right.value |= keep;
  s.expr = clone(e.left);
  c.stmtLen = e.left.len;
  s.value = evaluate(c, s.value);
  return true;
}

function meter(c: Context, s: StmtOf<'meter'>): void {
  const table = c.table ?? tableNotFound(c);
  const existing = table.sets.get(s.name);
  if (existing && (!has(existing, 'eval') || isMap(existing))) {
    c.fail(`File exists; meter '${s.name}' overlaps an existing ${mapOrSet(existing)} '${s.name}' in family ${table.family}`, s.loc);
  }
  c.expectType(null, 0);
  s.key = evaluate(c, s.key);
  const key = s.key as ExprOf<'set_elem'>;
  if (isConstant(key)) c.fail('Meter key expression can not be constant', key.loc);
  if (key.comment !== undefined) c.fail('Meter key expression can not contain comments', key.loc);
  if (existing) {
    if (has(existing, 'timeout') && !key.timeout) c.fail(`existing set '${s.name}' has timeout flag`, key.loc);
    if (!has(existing, 'timeout') && key.timeout) c.fail(`existing set '${s.name}' lacks timeout flag`, key.loc);
    if (s.size && existing.size !== s.size) c.fail(`existing set '${s.name}' has size ${existing.size ?? 0}, meter has ${s.size}`, key.loc);
    s.set = { kind: 'set_ref', set: s.name, decl: existing, loc: key.loc, dtype: key.dtype, byteorder: 'invalid', len: key.len };
  } else {
    const init: Expr = { kind: 'set', items: [], flags: key.timeout ? ['timeout', 'eval'] : ['eval'], loc: key.loc, dtype: 'invalid', byteorder: 'invalid', len: 0 };
    const ref = declareSet(c, s.name, key.key, undefined, init, key.timeout ? ['eval', 'timeout'] : ['eval']);
    if (ref.decl && s.size) ref.decl.size = s.size;
    if (ref.decl) delete ref.decl.init;
    s.set = ref;
  }
  stateful(c, s.stmt, 'meter');
}

function meta(c: Context, s: StmtOf<'meta'>): void {
  const k = META[s.key];
  if (!k) throw new Error(`meta ${s.key}`);
  c.stmtLen = k.len;
  s.value = argument(c, s, k.dtype, k.len, k.byteorder, s.value);
  noRange(c, s, s.value);
}
function ct(c: Context, s: StmtOf<'ct'>): void {
  const k = CT[s.key];
  if (!k) throw new Error(`ct ${s.key}`);
  c.stmtLen = k.len;
  s.value = argument(c, s, k.dtype, k.len, k.byteorder, s.value);
  if (s.key === 'secmark' && isConstant(s.value)) c.fail('ct secmark must not be set to constant value', s.loc);
  noRange(c, s, s.value);
}

function log(c: Context, s: StmtOf<'log'>): void {
  const nflog = s.group !== undefined || s.snaplen !== undefined || s.qthreshold !== undefined;
  if (nflog) {
    if (s.level !== undefined) c.fail('level and group are mutually exclusive', s.loc);
    if (s.flags) c.fail('flags and group are mutually exclusive', s.loc);
  }
  if (s.level === 8 && (s.prefix !== undefined || nflog || s.flags)) c.fail("log level audit doesn't support any further options", s.loc);
  if (typeof s.prefix !== 'string') return;
  const len = new TextEncoder().encode(s.prefix).length;
  if (len >= 128) c.fail('log prefix is too long', s.loc);
  if (len === 0) c.fail('log prefix must have a minimum length of 1 character', s.loc);
}

// reject ------------------------------------------------------------------------------------------------------------

const value = (n: number, dtype: string, s: Stmt): Expr => constant(s.loc, BigInt(n), dtype, 'big', 8);
const codeType = (type: string): string => `reject_${type}_code`;

/** stmt_evaluate_reject */
function reject(c: Context, s: StmtOf<'reject'>): void {
  if (s.type === 'default') rejectDefault(c, s);
  else if (s.expr) rejectCode(c, s, s.expr);
  else if (s.type === 'tcp reset') rejectReset(c, s);
  rejectFamily(c, s);
  terminal.add(s);
}

function rejectDefault(c: Context, s: StmtOf<'reject'>): void {
  const { pctx } = c;
  const use = (type: 'icmp' | 'icmpv6' | 'icmpx', code: number): void => {
    s.type = type;
    s.code = code;
    s.expr = value(code, codeType(type), s);
    s.implied = true;
  };
  if (pctx.family === 'ip') return use('icmp', 3);
  if (pctx.family === 'ip6') return use('icmpv6', 4);
  const desc = pctx.at('network');
  if (!desc) return use('icmpx', 1);
  const n = networkNumber(c, desc);
  if (n === 'ip6') use('icmpv6', 4);
  else use('icmp', 3);
}

/** Which of IPv4 and IPv6 the link layer's number for a network protocol says. */
function networkNumber(c: Context, desc: Proto): 'ip' | 'ip6' | null {
  const n = numberOf(c.pctx.at('link') ?? undefined, desc);
  return n === 2 || n === 0x0800 ? 'ip' : n === 10 || n === 0x86dd ? 'ip6' : null;
}

function rejectCode(c: Context, s: StmtOf<'reject'>, e: Expr): void {
  if (e.kind === 'symbol') {
    const parsed = parseSymbol(e.dtype, e.identifier, c.names);
    if (parsed.kind === 'error') c.fail(parsed.message, e.loc);
    if (parsed.kind === 'value') s.expr = { ...constant(e.loc, parsed.constant.value, e.dtype, 'big', 8) };
  } else if (e.kind === 'value' && e.dtype === 'invalid') e.dtype = codeType(s.type);
  const code = s.expr?.kind === 'value' ? s.expr.value : 0n;
  if (code > 255n) c.fail('reject code must be integer in range 0-255', e.loc);
  s.code = Number(code);
}

function rejectReset(c: Context, s: StmtOf<'reject'>): void {
  const desc = c.pctx.at('transport');
  if (!desc) return;
  const base = c.pctx.at('network') ?? need('inet-service');
  if (numberOf(base, desc) !== 6) c.fail('you cannot use tcp reset with this protocol', s.loc, c.pctx.layers.transport.loc);
}

const familyOf = (s: StmtOf<'reject'>): 'ip' | 'ip6' | null => (s.type === 'icmp' ? 'ip' : s.type === 'icmpv6' ? 'ip6' : null);

function rejectFamily(c: Context, s: StmtOf<'reject'>): void {
  const { pctx } = c;
  const at = s.implied || !s.expr ? s.loc : s.expr.loc;
  const error = (message: string): never => (s.expr && !s.implied ? c.fail(message, at, s.loc) : c.fail(message, s.loc));
  switch (pctx.family) {
    case 'arp':
      return c.fail('cannot use reject with arp', s.loc);
    case 'ip':
    case 'ip6':
      if (s.type === 'tcp reset') return rejectDependency(c, s);
      if (s.type === 'icmpx') return error('abstracted ICMP unreachable not supported');
      if (familyOf(s) !== pctx.family) return error('conflicting protocols specified: ip vs ip6');
      return;
    case 'inet': {
      const desc = pctx.at('network');
      if (desc && familyOf(s)) {
        const n = networkNumber(c, desc);
        if (n === null) return c.fail('cannot infer ICMP reject variant to use: explicit value required.\n', s.loc);
        if (n !== familyOf(s)) return c.fail('conflicting protocols specified: ip vs ip6', at, pctx.layers.network.loc);
      }
      if (s.type !== 'icmpx') rejectDependency(c, s);
      return;
    }
    default:
      return rejectBridge(c, s, at);
  }
}

function rejectBridge(c: Context, s: StmtOf<'reject'>, at: Expr['loc']): void {
  const { pctx } = c;
  const link = pctx.at('link')?.name;
  if (link !== 'ether' && link !== 'vlan' && link !== 'netdev') return c.fail('cannot reject from this link layer protocol', s.loc);
  const desc = pctx.at('network');
  if (desc) {
    const n = networkNumber(c, desc);
    if (n === null) return c.fail('cannot reject this network family', s.loc, pctx.layers.network.loc);
    const want = familyOf(s);
    if (want && want !== n) return c.fail('conflicting protocols specified: ip vs ip6', at, pctx.layers.network.loc);
  }
  if (s.type !== 'icmpx') rejectDependency(c, s);
}

/** stmt_reject_gen_dependency: goes to the front, so that nothing is logged that is not rejected. */
function rejectDependency(c: Context, s: StmtOf<'reject'>): void {
  const { pctx } = c;
  let e: ExprOf<'payload'>;
  if (s.type === 'tcp reset') {
    if (pctx.at('transport')) return;
    e = payloadExpr('tcp', 'sport', s.loc);
  } else {
    if (pctx.at('network')) return;
    e = s.type === 'icmpv6' ? payloadExpr('ip6', 'nexthdr', s.loc) : payloadExpr('ip', 'protocol', s.loc);
  }
  c.rule.stmts.unshift(payloadDependency(c, e));
}

// nat ---------------------------------------------------------------------------------------------------------------

const addressType = (family: string | undefined): string | null => (family === 'ip' ? 'ipv4_addr' : family === 'ip6' ? 'ipv6_addr' : null);

function natFamily(c: Context, s: StmtOf<'nat'>): void {
  const { pctx } = c;
  switch (pctx.family) {
    case 'ip':
    case 'ip6':
      s.family ??= pctx.family;
      return;
    case 'inet': {
      if (!s.addr) {
        s.inet = true;
        return;
      }
      if (s.family) return;
      const n = pctx.at('network')?.name;
      if (n === 'ip' || n === 'ip6') s.family = n;
      return;
    }
    default:
      c.fail('NAT is only supported for IPv4/IPv6', s.loc);
  }
}

function checkFamily(c: Context, s: StmtOf<'nat' | 'tproxy'>): void {
  const n = c.pctx.at('network')?.name;
  if ((n === 'ip' || n === 'ip6') && s.family !== n) {
    const name = s.family ?? (c.pctx.family === 'inet' ? 'unspec' : c.pctx.family);
    c.fail(`conflicting protocols specified: ${n} vs. ${familyName(name)}. You must specify ip or ip6 family in ${stmtName(s)} statement`, s.loc, c.pctx.layers.network.loc);
  }
}
const familyName = (f: string): string => (f === 'unspec' ? 'unknown' : f);

/** expr_family_infer */
function inferFamily(e: Expr): 'ip' | 'ip6' | undefined {
  if (e.kind !== 'map') return undefined;
  let family: 'ip' | 'ip6' | undefined;
  for (const i of e.map.kind === 'concat' ? e.map.items : [e.map]) if (i.kind === 'payload' && (i.proto === 'ip' || i.proto === 'ip6')) family = i.proto;
  return family;
}

function ambiguous(c: Context, s: StmtOf<'nat' | 'tproxy'>): never {
  const n = stmtName(s);
  return c.fail(`specify \`${n} ip' or '${n} ip6' in ${c.pctx.family} table to disambiguate`, s.loc);
}

/** stmt_evaluate_addr */
function address(c: Context, s: StmtOf<'nat' | 'tproxy'>, e: Expr): Expr {
  if (c.pctx.family === 'inet') {
    if (!s.family) {
      const f = inferFamily(e);
      if (f) s.family = f;
    }
    const dtype = addressType(s.family);
    if (!dtype) return ambiguous(c, s);
    return argument(c, s, dtype, datatype(dtype).size, 'big', e);
  }
  return plainAddress(c, s, e);
}
function plainAddress(c: Context, s: Stmt, e: Expr): Expr {
  const dtype = addressType(c.pctx.family) ?? 'invalid';
  return argument(c, s, dtype, datatype(dtype).size, 'big', e);
}

/** nat_evaluate_addr_has_th_expr */
function readsTransport(e: Expr | undefined): boolean {
  if (e?.kind !== 'map' || e.map.kind !== 'concat') return false;
  for (const i of e.map.items) {
    if (i.kind === 'payload') {
      const p = protocol(i.proto);
      if (p?.base === 'transport' && i.proto !== 'th' && i.proto !== '') return true;
      if (saysProtocol(i) && p?.base === 'network') return true;
    } else if (i.kind === 'meta') {
      if (i.key === 'l4proto') return true;
    } else if (saysProtocol(i)) return false;
  }
  return false;
}

/** nat_evaluate_transport */
function transport(c: Context, s: Stmt, e: Expr, addr: Expr | undefined): Expr {
  const port = argument(c, s, 'inet_service', 16, 'big', e);
  needTransport(c, s, port, addr);
  return port;
}
function needTransport(c: Context, s: Stmt, e: Expr, addr: Expr | undefined): void {
  if (c.pctx.at('transport') === null && !readsTransport(addr)) c.fail('transport protocol mapping is only valid after transport protocol match', e.loc, s.loc);
}

/** nat_concat_map: what is wrong here is said, and said again when the map itself is evaluated. */
function mapsToConcat(c: Context, s: StmtOf<'nat'>): boolean {
  const { addr } = s;
  if (addr?.kind !== 'map') return false;
  if (addr.mappings.kind === 'set') {
    if (!addr.mappings.items.some((i) => i.kind === 'mapping' && i.right.kind === 'concat')) return false;
    s.typeFlags.concat = true;
    return true;
  }
  if (addr.mappings.kind !== 'symbol') return false;
  try {
    addr.mappings = evaluate(c, addr.mappings);
  } catch (e) {
    if (e instanceof EvaluationFailed) return false;
    throw e;
  }
  const decl = addr.mappings.kind === 'set_ref' ? addr.mappings.decl : undefined;
  if (!decl || !has(decl, 'map')) {
    c.error('Expression is not a map', addr.mappings.loc);
    return false;
  }
  if (decl.data && (decl.data.kind === 'concat' || datatype(decl.data.dtype).fields)) {
    s.typeFlags.concat = true;
    return true;
  }
  return false;
}

/** stmt_evaluate_nat_map */
function natMap(c: Context, s: StmtOf<'nat'>): void {
  const addr = s.addr as Expr;
  if (s.proto) c.fail('nat map and protocol are mutually exclusive', s.loc, s.proto.loc);
  if (!s.family) {
    const f = inferFamily(addr);
    if (f) s.family = f;
  }
  const type = addressType(s.family) ?? ambiguous(c, s);
  const dtype = concatType([datatype(type), datatype('inet_service')]);
  c.expectType(dtype.id, dtype.size);
  s.addr = evaluate(c, addr);
  needTransport(c, s, s.addr, s.addr);
  if (s.addr.kind !== 'map') return;
  const decl = s.addr.mappings.kind === 'set_ref' ? s.addr.mappings.decl : undefined;
  const data = decl?.data;
  if (!data) return;
  if (data.intervalData) s.typeFlags.interval = true;
  data.dtype = dtype.id;
  // of what the kernel tells only `typeof` has an expression for each part
  if (data.kind !== 'concat' || data.items.length !== 2 || data.items.every((i) => i.kind === 'value' && i.loc === NOWHERE)) {
    s.addr = fit(c, s, dtype.id, dtype.size, 'big', s.addr);
    return;
  }
  fit(c, s, type, datatype(type).size, 'big', data.items[0] as Expr);
  const port = data.items[1] as Expr;
  if (!compatible('inet_service', port.dtype)) c.fail(`datatype mismatch: expected ${describe('inet_service')}, expression has type ${describe(port.dtype)}`, port.loc, s.loc);
}

function nat(c: Context, s: StmtOf<'nat'>): void {
  natFamily(c, s);
  if (s.addr) {
    checkFamily(c, s);
    if (mapsToConcat(c, s) || s.typeFlags.concat) {
      natMap(c, s);
      terminal.add(s);
      return;
    }
    s.addr = address(c, s, s.addr);
    const data = s.addr.kind === 'map' && s.addr.mappings.kind === 'set_ref' ? s.addr.mappings.decl?.data : undefined;
    if (data?.intervalData) s.typeFlags.interval = true;
  }
  if (s.proto) s.proto = transport(c, s, s.proto, s.addr);
  terminal.add(s);
}

function tproxy(c: Context, s: StmtOf<'tproxy'>): void {
  const { pctx } = c;
  if (pctx.family === 'ip' || pctx.family === 'ip6') s.family ??= pctx.family;
  else if (pctx.family !== 'inet') c.fail('tproxy is only supported for IPv4/IPv6/INET', s.loc);
  if (pctx.at('transport') === null) c.fail('Transparent proxy support requires transport protocol match', s.loc);
  checkFamily(c, s);
  if (s.addr) {
    s.addr = address(c, s, s.addr);
    if (s.addr.kind === 'range') c.fail('Address ranges are not supported for tproxy.', s.loc);
  }
  if (s.port) {
    s.port = transport(c, s, s.port, undefined);
    if (s.port.kind === 'range') c.fail('Port ranges are not supported for tproxy.', s.loc);
  }
}

function dup(c: Context, s: StmtOf<'dup'>): void {
  const device = (e: Expr): Expr => argument(c, s, 'iface_index', 32, 'host', e);
  switch (c.pctx.family) {
    case 'ip':
    case 'ip6':
      if (!s.to) return c.fail('missing destination address', s.loc);
      s.to = plainAddress(c, s, s.to);
      if (s.dev) {
        s.dev = device(s.dev);
        noRange(c, s, s.dev);
      }
      break;
    case 'netdev':
      if (!s.to) return c.fail('missing destination interface', s.loc);
      if (s.dev) c.fail('cannot specify device', s.loc);
      s.to = device(s.to);
      break;
    default:
      return c.fail('unsupported family', s.loc);
  }
  noRange(c, s, s.to);
}

function fwd(c: Context, s: StmtOf<'fwd'>): void {
  if (c.pctx.family !== 'netdev') c.fail('unsupported family', s.loc);
  s.dev = argument(c, s, 'iface_index', 32, 'host', s.dev);
  noRange(c, s, s.dev);
  if (s.addr) {
    const dtype = addressType(s.family);
    if (!dtype) return c.fail('missing family', s.loc);
    s.addr = argument(c, s, dtype, datatype(dtype).size, 'big', s.addr);
    noRange(c, s, s.addr);
  }
  terminal.add(s);
}

function queue(c: Context, s: StmtOf<'queue'>): void {
  if (s.queue) {
    s.queue = argument(c, s, 'integer', 16, 'host', s.queue);
    if (s.flags & 2 && s.queue.kind !== 'range') c.fail('fanout requires a range to be specified', s.queue.loc);
    if (c.ectx.maxval > 65535) c.fail('queue expression max value exceeds 65535', s.queue.loc);
  }
  terminal.add(s);
}

/** Key of an `add @set { … }`: the set's own context stays. Constants pass: the element keeps the flags it was parsed with. */
function dynamicKey(c: Context, s: StmtOf<'set' | 'map'>, ref: ExprOf<'set_ref'>): void {
  const key = ref.decl?.key as Expr;
  const elem = s.key as ExprOf<'set_elem'>;
  elem.key = fit(c, s, key.dtype, key.len, key.byteorder, evaluate(c, elem.key));
  elem.dtype = elem.key.dtype;
  elem.len = elem.key.len;
  if (elem.comment !== undefined) c.fail('Key expression comments are not supported', elem.loc);
}

function set(c: Context, s: StmtOf<'set'>): void {
  c.expectType(null, 0);
  s.set = evaluate(c, s.set);
  if (s.set.kind !== 'set_ref') return c.fail('Expression does not refer to a set', s.set.loc);
  dynamicKey(c, s, s.set);
  for (const x of s.stmts) stateful(c, x, 'set');
  if (s.set.decl) addFlag(s.set.decl, 'eval');
}

function map(c: Context, s: StmtOf<'map'>): void {
  c.expectType(null, 0);
  s.set = evaluate(c, s.set);
  if (s.set.kind !== 'set_ref') return c.fail('Expression does not refer to a set', s.set.loc);
  const { decl } = s.set;
  if (!decl || !isMap(decl)) return c.fail(`${s.set.set} is not a map`, s.set.loc);
  dynamicKey(c, s, s.set);
  const data = decl.data as Expr;
  const elem = s.data as ExprOf<'set_elem'>;
  elem.key = argument(c, s, data.dtype, data.len, data.byteorder, elem.key);
  if (elem.comment !== undefined) c.fail('Data expression comments are not supported', elem.loc);
  if (elem.timeout) c.fail('Data expression timeouts are not supported', elem.loc);
  for (const x of s.stmts) stateful(c, x, 'map');
}

function objref(c: Context, s: StmtOf<'objref'>): void {
  if (s.expr.kind === 'map') {
    s.expr = objrefMap(c, s, s.expr);
    return;
  }
  s.expr = argument(c, s, 'string', 256 * 8, 'host', s.expr);
  if (!isConstant(s.expr)) c.fail('Counter expression must be constant', s.expr.loc);
}

/** stmt_evaluate_objref_map */
function objrefMap(c: Context, s: StmtOf<'objref'>, e: ExprOf<'map'>): Expr {
  c.expectType(null, 0);
  e.map = evaluate(c, e.map);
  if (isConstant(e.map)) c.fail('Map expression can not be constant', e.map.loc);
  if (e.mappings.kind === 'variable') e.mappings = clone(e.mappings.symbol.expr);
  switch (e.mappings.kind) {
    case 'set': {
      const key = c.ectx.key?.kind === 'concat' ? clone(c.ectx.key) : constant(s.loc, 0n, c.ectx.dtype ?? 'invalid', c.ectx.byteorder, c.ectx.len);
      inlineMap(c, e, '__objmap%d', key, undefined, ['object'], s.type);
      break;
    }
    case 'symbol':
      e.mappings = evaluate(c, e.mappings);
      if (e.mappings.kind !== 'set_ref') return c.fail('Expression is not a map', e.mappings.loc);
      if (!e.mappings.decl || !has(e.mappings.decl, 'object')) return c.fail('Expression is not a map with objects', e.mappings.loc);
      break;
    default:
      return c.fail(`invalid mapping expression ${e.mappings.kind}`, e.mappings.loc, e.map.loc);
  }
  return finishMap(c, e);
}
