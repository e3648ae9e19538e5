import type { Expression } from '../../../kernel/expr/expression.ts';
import { NFPROTO } from '../../../kernel/net/hook.ts';
import type { Expr, StmtOf } from '../../../parsers/nft/ast.ts';
import type { Json } from '../datatype/index.ts';
import type { StatementDefinition } from '../definition.ts';
import { type Linearizer, registerSpace, wireRegister } from '../linearize/context.ts';
import { boundary } from '../linearize/data.ts';
import { mk, mkStmt, setType } from '../node.ts';
import type { Delinearizer } from '../delinearize/context.ts';
import type { Printer } from '../print/context.ts';

const PROTO_SPECIFIED = 2;
const RANDOM = 4;
const PERSISTENT = 8;
const FULLY = 16;
const NETMAP = 64;
const FLAG_WORDS: readonly (readonly [number, string])[] = [
  [RANDOM, 'random'],
  [FULLY, 'fully-random'],
  [PERSISTENT, 'persistent'],
];
const addrBits = (family: 'ip' | 'ip6' | undefined): number => (family === 'ip6' ? 128 : 32);

interface Registers {
  addrMin?: number;
  addrMax?: number;
  protoMin?: number;
  protoMax?: number;
}

const isPair = (e: Expr): boolean => e.kind === 'range' || e.kind === 'prefix';
const intervalData = (e: Expr): boolean => e.kind === 'map' && e.mappings.kind === 'set_ref' && (e.mappings.anonymous?.decl.data?.kind === 'range' || false);

function emit(s: StmtOf<'nat'>, l: Linearizer, r: Registers): void {
  const flags = s.flags | (s.proto ? PROTO_SPECIFIED : 0);
  const proto = {
    ...(r.protoMin === undefined ? {} : { sregProtoMin: wireRegister(r.protoMin) }),
    ...(r.protoMax === undefined ? {} : { sregProtoMax: wireRegister(r.protoMax) }),
  };
  if (s.type === 'masquerade') return l.add({ kind: 'masq', flags, ...proto });
  if (s.type === 'redirect') return l.add({ kind: 'redir', flags, ...proto });
  const family = NFPROTO[s.family ?? (l.family === 'ip6' ? 'ip6' : l.family === 'inet' && !s.addr ? 'inet' : 'ip')];
  return l.add({
    kind: 'nat',
    type: s.type,
    family,
    ...(r.addrMin === undefined ? {} : { sregAddrMin: wireRegister(r.addrMin) }),
    ...(r.addrMax === undefined ? {} : { sregAddrMax: wireRegister(r.addrMax) }),
    ...proto,
    flags,
  });
}

function loadProto(s: StmtOf<'nat'>, l: Linearizer, r: Registers): void {
  const proto = s.proto;
  if (!proto) return emit(s, l, r);
  return l.with(null, (min) => {
    if (proto.kind !== 'range') {
      l.load(proto, min);
      return emit(s, l, { ...r, protoMin: min });
    }
    return l.with(null, (max) => {
      l.load(proto.left, min);
      l.load(proto.right, max);
      emit(s, l, { ...r, protoMin: min, protoMax: max });
    });
  });
}

/** netlink_gen_nat_stmt */
function linearize(s: StmtOf<'nat'>, l: Linearizer): void {
  const addr = s.addr;
  if (!addr) return loadProto(s, l, {});
  return l.with(null, (min) => {
    if (isPair(addr)) {
      return l.with(null, (max) => {
        l.load(boundary(addr, 'start'), min);
        l.load(boundary(addr, 'end'), max);
        loadProto(s, l, { addrMin: min, addrMax: max });
      });
    }
    l.load(addr, min);
    const space = registerSpace(addrBits(s.family ?? (l.family === 'ip6' ? 'ip6' : 'ip')));
    const interval = s.typeFlags.interval || s.typeFlags.prefix || intervalData(addr);
    if (s.typeFlags.concat)
      return emit(s, l, interval ? { addrMin: min, protoMin: min + space, addrMax: min + 2 * space, protoMax: min + 3 * space } : { addrMin: min, protoMin: min + space });
    return loadProto(s, l, interval && addr.kind === 'map' ? { addrMin: min, addrMax: min + space } : { addrMin: min });
  });
}

function parseNat(e: Extract<Expression, { kind: 'nat' }>, d: Delinearizer): void {
  const v6 = e.family === NFPROTO.ip6;
  const shown = d.context.family === 'inet' && e.family !== NFPROTO.inet ? { family: v6 ? ('ip6' as const) : ('ip' as const) } : {};
  const stmt = mkStmt({ kind: 'nat', type: e.type, flags: e.flags, typeFlags: { interval: false, prefix: false, concat: false }, ...shown }) as StmtOf<'nat'>;
  const dtype = v6 ? 'ipv6_addr' : 'ipv4_addr';
  if (e.sregAddrMin !== undefined) {
    const addr = d.need(e.sregAddrMin);
    if (addr.kind === 'map') {
      stmt.addr = addr;
      stmt.typeFlags = mapFlags(e, addr);
      stmt.family = v6 ? 'ip6' : 'ip';
      if (d.context.family !== 'inet' && !stmt.typeFlags.concat && !stmt.typeFlags.interval) delete stmt.family;
      if (stmt.typeFlags.concat || stmt.typeFlags.interval) return d.add(stmt);
    }
    setType(addr, dtype, 'big');
    stmt.addr = addr;
  }
  if (e.sregAddrMax !== undefined && e.sregAddrMax !== e.sregAddrMin) {
    const max = d.need(e.sregAddrMax);
    setType(max, dtype, 'big');
    if (stmt.addr) stmt.addr = mk({ kind: 'range', left: stmt.addr, right: max }, dtype, 'big', max.len);
  }
  parseProto(e, d, stmt);
}

function mapFlags(e: Extract<Expression, { kind: 'nat' }>, map: Expr): StmtOf<'nat'>['typeFlags'] {
  const interval = e.sregAddrMax !== undefined;
  const concat = map.dtype.includes(' . ') && e.sregProtoMin !== undefined;
  return { interval, concat, prefix: interval && (e.flags & NETMAP) !== 0 };
}

function parseProto(e: { readonly sregProtoMin?: number; readonly sregProtoMax?: number }, d: Delinearizer, stmt: StmtOf<'nat'>): void {
  if (e.sregProtoMin !== undefined) {
    const min = d.need(e.sregProtoMin);
    setType(min, 'inet_service', 'big');
    stmt.proto = min;
    if (e.sregProtoMax !== undefined && e.sregProtoMax !== e.sregProtoMin) {
      const max = d.need(e.sregProtoMax);
      setType(max, 'inet_service', 'big');
      stmt.proto = mk({ kind: 'range', left: min, right: max }, 'inet_service', 'big', 16);
    }
  }
  d.add(stmt);
}

const bare = (type: 'masquerade' | 'redirect', flags: number): StmtOf<'nat'> =>
  mkStmt({ kind: 'nat', type, flags, typeFlags: { interval: false, prefix: false, concat: false } }) as StmtOf<'nat'>;

function address(addr: Expr, hasPort: boolean, p: Printer): string {
  const v6 = (e: Expr): boolean => e.kind === 'value' && e.dtype === 'ipv6_addr';
  if (hasPort && v6(addr)) return `[${p.expr(addr)}]`;
  if (hasPort && addr.kind === 'range' && v6(addr.left)) return `[${p.expr(addr.left)}]-[${p.expr(addr.right)}]`;
  return p.expr(addr);
}

function print(s: StmtOf<'nat'>, p: Printer): string {
  let text: string = s.type;
  if (s.addr || s.proto) text += `${s.family ? ` ${s.family}` : ''}${s.typeFlags.prefix ? ' prefix' : ''} to`;
  if (s.addr) text += ` ${address(s.addr, s.proto !== undefined, p)}`;
  if (s.proto) text += `${s.addr ? '' : ' '}:${p.expr(s.proto)}`;
  const words = FLAG_WORDS.filter(([bit]) => s.flags & bit).map(([, w]) => w);
  return words.length ? `${text} ${words.join(',')}` : text;
}

const only = (list: string[]): Json => (list.length === 1 ? (list[0] as string) : list);

function json(s: StmtOf<'nat'>, p: Printer): Json {
  const out: { [k: string]: Json } = {};
  if (s.family && (s.addr || s.proto)) out.family = s.family;
  if (s.addr) out.addr = p.json(s.addr);
  if (s.proto) out.port = p.json(s.proto);
  const words = [...FLAG_WORDS, [NETMAP, 'netmap'] as const].filter(([bit]) => s.flags & bit).map(([, w]) => w);
  if (words.length) out.flags = only(words);
  const types = [s.typeFlags.prefix ? 'prefix' : ''].filter(Boolean);
  if (types.length) out.type_flags = only(types);
  return { [s.type]: Object.keys(out).length ? out : null };
}

export const statement: StatementDefinition<'nat'> = {
  kind: 'nat',
  linearize,
  delinearize: {
    nat: parseNat,
    masq: (e, d) => parseProto(e, d, bare('masquerade', e.flags)),
    redir: (e, d) => parseProto(e, d, bare('redirect', e.flags)),
  },
  print,
  json,
};
