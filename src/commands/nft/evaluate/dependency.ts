import type { Expr, ExprOf, Location, Stmt } from '../../../parsers/nft/ast.ts';
import { META } from '../keys/meta.ts';
import { keyField, numberOf, protocol, type Proto } from '../proto.ts';
import { datatype } from '../datatype/index.ts';
import { EvaluationFailed, type Context } from './context.ts';
import { constant, relational } from './nature.ts';
import { BASES, BASE_NAMES, baseIndex, headerLength, hookProtocol, type Base } from './proto-context.ts';
import { evaluateStmt } from './stmt.ts';
import { giveType } from './types.ts';

const need = (name: string): Proto => protocol(name) as Proto;

export function metaExpr(key: string, loc: Location): ExprOf<'meta'> {
  const k = META[key];
  return { kind: 'meta', key, loc, dtype: k?.dtype ?? 'invalid', byteorder: k?.byteorder ?? 'invalid', len: k?.len ?? 0 };
}
export function payloadExpr(proto: string, field: string, loc: Location): ExprOf<'payload'> {
  const e: ExprOf<'payload'> = { kind: 'payload', base: 'transport', proto, field, offset: 0, raw: false, loc, dtype: 'invalid', byteorder: 'invalid', len: 0 };
  giveType(e);
  return e;
}

/** stmt_dependency_evaluate */
function evaluateDependency(c: Context, stmt: Stmt): void {
  const { stmtLen, ectx } = c;
  evaluateStmt(c, stmt);
  c.stmtLen = stmtLen;
  void ectx;
}

function keyMatch(desc: Proto, number: number, loc: Location): Stmt & { kind: 'expression' } {
  const f = keyField(desc);
  if (!f) throw new Error(`no protocol key in ${desc.name}`);
  // the tables of ip and ip6 give the layer above by `meta l4proto`
  const key = desc.name === 'ip' || desc.name === 'ip6' ? 'l4proto' : f.meta;
  const left: Expr = key ? metaExpr(key, loc) : payloadExpr(desc.name, f.name, loc);
  const order = datatype(f.dtype).byteorder;
  return { kind: 'expression', loc, expr: relational(loc, 'eq', left, constant(loc, BigInt(number), f.dtype, order === 'invalid' ? f.byteorder : order, f.len)) };
}

/** payload_add_dependency */
export function addDependency(c: Context, desc: Proto, upper: Proto, e: Expr): Stmt {
  const number = numberOf(desc, upper);
  if (number < 0) c.fail(`conflicting protocols specified: ${desc.name} vs. ${upper.name}`, e.loc);
  const stmt = keyMatch(desc, number, e.loc);
  const inner = c.inner;
  evaluateDependency(c, stmt);
  if (inner && stmt.expr.kind === 'relational') markInner(stmt.expr.left, inner);
  if (stmt.expr.kind === 'relational') c.pctx.learn(stmt.expr);
  return stmt;
}
function markInner(e: Expr, inner: string): void {
  if (e.kind === 'payload' || e.kind === 'meta') e.inner = inner;
}

const linkHeader = (c: Context): Proto | null => {
  switch (c.pctx.family) {
    case 'inet':
      return need('inet');
    case 'bridge':
      return need('ether');
    case 'netdev':
      return need('netdev');
    default:
      return null;
  }
};

/** payload_gen_special_dependency: tables that see more than one network protocol. */
function specialDependency(c: Context, e: ExprOf<'payload'>): Proto | null {
  if (e.base === 'link') return linkHeader(c);
  if (e.base === 'transport' || e.base === 'inner') {
    if (e.base === 'transport' && (e.proto === 'icmp' || e.proto === 'icmpv6' || e.proto === 'igmp')) {
      const desc = c.pctx.at('link') ?? linkHeader(c);
      if (desc) {
        const upper = need(e.proto === 'icmpv6' ? 'ip6' : 'ip');
        try {
          insertBefore(c, addDependency(c, desc, upper, e));
        } catch (error) {
          // the caller adds that there is no network layer protocol
          if (error instanceof EvaluationFailed) return null;
          throw error;
        }
        return upper;
      }
    }
    if (e.base === 'transport') return need('inet-service');
  }
  return null;
}

/** proto_dev_type: link headers that devices of type ether have. */
export const onEthernet = (proto: string): boolean => proto === 'ether' || numberOf(need('ether'), proto) >= 0;

export function iiftypeMatch(loc: Location): Stmt & { kind: 'expression' } {
  return { kind: 'expression', loc, expr: relational(loc, 'eq', metaExpr('iiftype', loc), constant(loc, 1n, 'iface_type', 'host', 16)) };
}

/** payload_gen_dependency */
export function payloadDependency(c: Context, e: ExprOf<'payload'>): Stmt {
  const h = hookProtocol(c.pctx.family);
  const own = need(e.proto);
  if (baseIndex(e.base) < baseIndex(h.base)) {
    if (baseIndex(e.base) < baseIndex(h.base) - 1) c.fail('payload base is invalid for this family', e.loc);
    if (!onEthernet(e.proto)) c.fail('protocol specification is invalid for this family', e.loc);
    const stmt = iiftypeMatch(e.loc);
    evaluateDependency(c, stmt);
    return stmt;
  }
  let desc = c.pctx.at(BASES[baseIndex(e.base) - 1] ?? '') ?? specialDependency(c, e);
  if (!desc) return c.fail(`ambiguous payload specification: no ${BASE_NAMES[BASES[baseIndex(e.base) - 1] as Base]} protocol specified`, e.loc);
  if (c.pctx.family === 'bridge' && desc.name === 'ether' && !c.inner && (e.proto === 'ip' || e.proto === 'ip6')) desc = need('netdev');
  return addDependency(c, desc, own, e);
}

/** exthdr_gen_dependency */
export function exthdrDependency(c: Context, e: Expr, dependency: Proto): Stmt {
  const desc = c.pctx.at('link');
  if (!desc) return c.fail('Cannot generate dependency: no link layer protocol specified', e.loc);
  return addDependency(c, desc, dependency, e);
}

/** list_add_tail on the statement: before it in the rule. */
export function insertBefore(c: Context, stmt: Stmt): void {
  const i = c.stmt ? c.rule.stmts.indexOf(c.stmt) : -1;
  c.rule.stmts.splice(i < 0 ? c.rule.stmts.length : i, 0, stmt);
}

/** rule_stmt_dep_add: a dependency that contradicts an earlier match is an error. */
export function addBefore(c: Context, stmt: Stmt): void {
  insertBefore(c, stmt);
  const left = (s: Stmt): ExprOf<'payload'> | null => (s.kind === 'expression' && s.expr.kind === 'relational' && s.expr.left.kind === 'payload' ? s.expr.left : null);
  const mine = left(stmt);
  if (!mine) return;
  for (const s of c.rule.stmts) {
    if (s === stmt) return;
    const other = left(s);
    if (!other || s.kind !== 'expression' || s.expr.kind !== 'relational' || s.expr.right.kind !== 'value' || other.len !== mine.len) continue;
    if (other.proto !== mine.proto || other.inner !== mine.inner || other.base !== mine.base || other.offset !== mine.offset) continue;
    c.fail('conflicting statements', s.loc, stmt.loc);
  }
}

/** ll_conflict_resolution_gen_dependency */
export function linkDependency(c: Context, number: number, e: ExprOf<'payload'>): Stmt {
  const desc = c.pctx.at('link') as Proto;
  const stmt = keyMatch(desc, number, e.loc);
  evaluateDependency(c, stmt);
  if (c.inner && stmt.expr.kind === 'relational') markInner(stmt.expr.left, c.inner);
  return stmt;
}

const ICMP_TYPE: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  icmp: { redirect: 5, pmtu: 3, mtu: 3 },
  icmpv6: { param: 4, mtu: 2, pmtu: 2, maxdelay: 130, taddr: 135, address: 137 },
};

/** payload_gen_icmp_dependency: `icmp id` is there in echo messages only. */
export function icmpDependency(c: Context, e: ExprOf<'payload'>, kind: string): Stmt | null {
  const echo = e.proto === 'icmp' ? [8, 0] : [128, 129];
  const want = kind === 'echo' ? (echo[0] as number) : ICMP_TYPE[e.proto]?.[kind];
  if (want === undefined) return null;
  const typeField = e.proto === 'icmp' ? 'icmp_type' : 'icmpv6_type';
  if (kind === 'taddr') return taddrDependency(c, e, typeField);
  if (c.pctx.icmpType === want || (kind === 'echo' && e.proto === 'icmpv6' && c.pctx.icmpType === 129)) return null;
  if (c.pctx.icmpType) c.fail(`incompatible icmp match: rule has ${c.pctx.icmpType}, need ${want}`, e.loc);
  return typeMatch(c, e, typeField, kind === 'echo' ? echo : [want], want);
}

function taddrDependency(c: Context, e: ExprOf<'payload'>, dtype: string): Stmt | null {
  const allowed = [130, 131, 132, 135, 136, 137];
  if (c.pctx.icmpType) {
    if (!allowed.includes(c.pctx.icmpType)) c.fail(`incompatible icmp match: rule has ${c.pctx.icmpType}, need 135`, e.loc);
    return null;
  }
  return typeMatch(c, e, dtype, allowed, 0);
}

function typeMatch(c: Context, e: ExprOf<'payload'>, dtype: string, types: readonly number[], want: number): Stmt {
  const left = payloadExpr(e.proto, 'type', e.loc);
  const one = (n: number): Expr => constant(e.loc, BigInt(n), dtype, 'big', 8);
  const right: Expr =
    types.length === 1
      ? one(types[0] as number)
      : {
          kind: 'set',
          flags: [],
          items: types.map((n) => ({ kind: 'set_elem', key: one(n), stmts: [], loc: e.loc, dtype, byteorder: 'invalid', len: 8 })),
          loc: e.loc,
          dtype: 'invalid',
          byteorder: 'invalid',
          len: 0,
        };
  const stmt: Stmt = { kind: 'expression', loc: e.loc, expr: relational(e.loc, right.kind === 'set' ? 'implicit' : 'eq', left, right) };
  c.pctx.icmpType = want;
  evaluateDependency(c, stmt);
  return stmt;
}

/** payload_gen_inner_dependency: `vxlan vni` needs the outer protocol of the tunnel. */
export function innerDependency(c: Context, e: ExprOf<'payload'>, tunnel: Proto): Stmt {
  const desc = c.pctx.at(BASES[baseIndex(tunnel.base) - 1] ?? '') ?? need('inet-service');
  const number = numberOf(desc, tunnel.name === 'gretap' ? 'gre' : tunnel);
  if (number < 0) c.fail(`conflicting protocols specified: ${desc.name} vs. ${tunnel.name}`, e.loc);
  const f = keyField(desc);
  const key = desc.name === 'ip' || desc.name === 'ip6' ? 'l4proto' : f?.meta;
  const left: Expr = key ? metaExpr(key, e.loc) : payloadExpr(desc.name, f?.name ?? '', e.loc);
  const stmt: Stmt = { kind: 'expression', loc: e.loc, expr: relational(e.loc, 'eq', left, constant(e.loc, BigInt(number), left.dtype, left.byteorder, left.len)) };
  evaluateDependency(c, stmt);
  return stmt;
}

export { headerLength };
