import type { ByteOrder, Expr, ExprOf, Location, Stmt } from '../ast.ts';
import type { ParserState } from '../state.ts';
import { fromBytes } from '../error.ts';

/** What a rule of the grammar hands over: values of its parts, place of the whole, places of the parts, the parser. */
// biome-ignore lint: the grammar's values are as many as its symbols; each rule knows its own
export type Values = readonly any[];

type Kind = Expr extends infer E ? (E extends Expr ? Omit<E, 'loc' | 'dtype' | 'byteorder' | 'len'> : never) : never;

export const node = (kind: Kind, loc: Location, dtype = 'invalid', byteorder: ByteOrder = 'invalid', len = 0): Expr => ({ ...kind, loc, dtype, byteorder, len }) as Expr;

export const symbolOf = (identifier: string, loc: Location): ExprOf<'symbol'> => ({
  kind: 'symbol',
  symbolType: 'value',
  identifier: fromBytes(identifier),
  loc,
  dtype: 'invalid',
  byteorder: 'invalid',
  len: 0,
});
export const setSymbol = (identifier: string, loc: Location): ExprOf<'symbol'> => ({ ...symbolOf(identifier, loc), symbolType: 'set' });
export const symbol = (d: Values, l: Location): Expr => symbolOf(d[0] as string, l);
export const value = (v: bigint, dtype: string, len: number, loc: Location, byteorder: ByteOrder = 'host'): ExprOf<'value'> => ({
  kind: 'value',
  value: v,
  loc,
  dtype,
  byteorder,
  len,
});
export const typed = (dtype: string, loc: Location): Expr =>
  dtype === 'verdict' ? { ...node({ kind: 'verdict', verdict: 'accept' }, loc), dtype } : value(0n, dtype, dtype === 'queue' ? 16 : 0, loc);
export const int32 = (v: bigint, loc: Location): Expr => value(BigInt.asUintN(32, v), 'integer', 32, loc);
export const protocol =
  (v: bigint) =>
  (_: Values, l: Location): Expr =>
    value(v, 'inet_proto', 8, l);

/** A string constant: the bytes as a little-endian number, as mpz_import_data takes them. */
export function text(word: string, loc: Location, dtype = 'string'): ExprOf<'value'> {
  const bytes = new TextEncoder().encode(fromBytes(word));
  let v = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) v = (v << 8n) | BigInt(bytes[i] as number);
  return value(v, dtype, bytes.length * 8, loc);
}
/** The word of a string constant. */
export function textOf(e: Expr): string {
  if (e.kind === 'symbol') return e.identifier;
  if (e.kind !== 'value') return '';
  const bytes: number[] = [];
  for (let v = e.value; v > 0n; v >>= 8n) bytes.push(Number(v & 255n));
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(Uint8Array.from(end < 0 ? bytes : bytes.slice(0, end)));
}

export function ifname(word: string, loc: Location, s: ParserState): Expr {
  if (word.length === 0) s.fail(loc, 'empty interface name');
  if (word.length >= 16) s.fail(loc, 'interface name too long');
  return text(word, loc, 'ifname');
}
export function variableOf(e: ExprOf<'variable'>, dtype: string): Expr {
  e.symbol.expr.dtype = dtype;
  return e;
}

/** handle_concat_expr: a concatenation grows at its right end. */
export function concat(d: Values, l: Location, a: readonly Location[]): Expr {
  const [left, , right] = d as [Expr, unknown, Expr];
  if (left.kind !== 'concat') return node({ kind: 'concat', items: [left, right] }, l);
  right.loc = { ...(a[1] as Location), source: (a[2] as Location).source, end: (a[2] as Location).end };
  left.loc = l;
  left.items.push(right);
  return left;
}

export const binop =
  (op: ExprOf<'binop'>['op']) =>
  (d: Values, l: Location): Expr =>
    node({ kind: 'binop', op, left: d[0], right: d[2] }, l);
export const prefix = (d: Values, l: Location): Expr => node({ kind: 'prefix', prefix: d[0], prefixLen: Number(BigInt.asUintN(32, d[2] as bigint)) }, l);
export const range = (d: Values, l: Location): Expr => node({ kind: 'range', left: d[0], right: d[2] }, l);
/** symbol_range_expr: of two words the place of the whole is kept. */
export function rangeRhs(d: Values, l: Location): Expr {
  const isWord = (e: Expr): boolean => e.kind === 'symbol' && e.symbolType === 'value';
  if (isWord(d[0]) && isWord(d[2])) {
    d[0].loc = l;
    d[2].loc = l;
  }
  return range(d, l);
}
export const mapExpr = (d: Values, l: Location): Expr => node({ kind: 'map', map: d[0], mappings: d[2] }, l);
export const listExpr = (items: Expr[], l: Location): Expr => node({ kind: 'list', items }, l);
export function listMore(d: Values, l: Location): Expr {
  d[0].items.push(d[2]);
  d[0].loc = l;
  return d[0];
}
export const setExpr = (d: Values, l: Location): Expr => node({ kind: 'set', items: [d[0]], flags: [] }, l);
export function addItem(d: Values): Expr {
  d[0].items.push(d[2]);
  return d[0];
}
export function braced(d: Values, l: Location): Expr {
  d[1].loc = l;
  return d[1];
}
export const mapping = (d: Values, _l: Location, a: readonly Location[]): Expr => node({ kind: 'mapping', left: d[1], right: d[3] }, a[1] as Location);
export const setElem = (d: Values, l: Location): ExprOf<'set_elem'> => ({ ...(node({ kind: 'set_elem', key: d[0], stmts: [] }, l) as ExprOf<'set_elem'>) });

interface ElemOption {
  loc: Location;
  timeout?: bigint;
  expires?: bigint;
  comment?: string;
  s?: ParserState;
}
export function elemOptions(d: Values): ExprOf<'set_elem'> {
  const elem = d[0] as ExprOf<'set_elem'>;
  for (const o of d[1] as ElemOption[]) {
    if (o.timeout !== undefined) elem.timeout = o.timeout;
    if (o.expires !== undefined) elem.expires = o.expires;
    if (o.comment !== undefined) {
      if (elem.comment !== undefined) o.s?.fail(o.loc, 'You can only specify this once. This statement is duplicated.');
      elem.comment = o.comment;
    }
  }
  return elem;
}

export function verdict(d: Values, l: Location): Expr {
  return node({ kind: 'verdict', verdict: d[0], ...(d[1] ? { chain: d[1] } : {}) } as Kind, l, 'verdict');
}

export const relational =
  (op: number | null, right: number) =>
  (d: Values, l: Location, a: readonly Location[]): Expr =>
    node({ kind: 'relational', op: op === null ? 'implicit' : d[op], left: d[0], right: d[right] }, op === null ? l : (a[op] as Location));

/** `flags value / mask`: an AND with the mask, compared with the value; lists are ORed. */
export const flagcmp =
  (op: number | null, v: number, mask: number) =>
  (d: Values, l: Location): Expr => {
    const left = node({ kind: 'binop', op: 'and', left: d[0], right: orOf(d[mask]) }, l);
    return node({ kind: 'relational', op: op === null ? 'implicit' : d[op], left, right: orOf(d[v]) }, l);
  };
function orOf(e: Expr): Expr {
  if (e.kind !== 'list') return e;
  return e.items.reduce((acc, x, i) => node({ kind: 'binop', op: 'or', ...(i === 1 ? { left: acc, right: x } : { left: x, right: acc }) }, e.loc));
}

export const meta = (key: string, l: Location): Expr => node({ kind: 'meta', key }, l);
export function fib(d: Values, l: Location, a: readonly Location[], s: ParserState): Expr {
  const flags = d[1] as number;
  if ((flags & 3) === 0) s.fail(a[1] as Location, 'fib: need either saddr or daddr');
  if ((flags & 3) === 3) s.fail(a[1] as Location, 'fib: saddr and daddr are mutually exclusive');
  if ((flags & 24) === 24) s.fail(a[1] as Location, 'fib: iif and oif are mutually exclusive');
  return node({ kind: 'fib', flags, result: d[2] }, l);
}
const u32 = (v: bigint): number => Number(BigInt.asUintN(32, v));
export const numgen = (d: Values, l: Location): Expr => node({ kind: 'numgen', type: d[1], mod: u32(d[3]), offset: u32(d[4]) }, l);
export const hash = (type: 'jenkins' | 'symmetric', l: Location, mod: bigint, offset: bigint, expr?: Expr, seed?: bigint): Expr =>
  node({ kind: 'hash', type, mod: u32(mod), offset: u32(offset), ...(expr ? { expr } : {}), ...(seed !== undefined ? { seed: u32(seed) } : {}) }, l);
export function xfrm(dir: 'in' | 'out', spnum: bigint, key: string, l: Location, at: Location, s: ParserState): Expr {
  if (spnum > 255n) s.fail(at, 'value too large');
  return node({ kind: 'xfrm', dir, spnum: Number(spnum), key }, l);
}
/** `rt nexthop` without a family stays open until evaluation knows the layer. */
export function rt(key: string, family: 'ip' | 'ip6' | undefined, l: Location): Expr {
  const named = key === 'nexthop' && family ? (family === 'ip' ? 'nexthop4' : 'nexthop6') : key;
  return node({ kind: 'rt', key: named } as Kind, l);
}
export const ctAddr = (d: Values): { key: string; proto: 'ip' | 'ip6' } => ({ key: d[1], proto: d[0] });

// headers: type, length and place come from the protocol tables in evaluation
export const payload =
  (proto: string) =>
  (d: Values, l: Location): Expr =>
    node({ kind: 'payload', base: 'transport', proto, field: d[1], offset: 0, raw: proto === 'th' }, l);
export const tunnelHeader =
  (proto: string) =>
  (d: Values, l: Location): Expr =>
    node({ kind: 'payload', base: 'transport', proto, field: d[1], offset: 0, raw: false, inner: proto }, l);
export const inner =
  (proto: string, at: number, whole: boolean) =>
  (d: Values, l: Location): Expr => {
    const e = d[at] as ExprOf<'payload'>;
    if (whole) e.loc = l;
    e.inner = proto;
    return e;
  };
export const rawPayload = (base: ExprOf<'payload'>['base'], offset: bigint, length: number, l: Location): Expr =>
  node({ kind: 'payload', base, proto: '', field: '', offset: u32(offset), raw: true }, l, 'integer', 'big', length);
export function rawLength(number: bigint, at: Location, s: ParserState): number {
  const n = BigInt.asUintN(32, number);
  if (number > 512n) s.fail(at, `raw payload length ${n} exceeds upper limit of 512`);
  if (n === 0n) s.fail(at, 'raw payload length cannot be 0');
  return Number(n);
}
export const words = (d: Values): string => `${d[0]} ${d[1]}`;

const ext = (op: ExprOf<'exthdr'>['op'], header: string, field: string, present: boolean, l: Location, more: Partial<ExprOf<'exthdr'>> = {}): Expr => ({
  kind: 'exthdr',
  op,
  header,
  field,
  rawType: 0,
  offset: 0,
  present,
  raw: false,
  loc: l,
  dtype: 'invalid',
  byteorder: 'invalid',
  len: 0,
  ...more,
});
export const exthdr =
  (header: string) =>
  (d: Values, l: Location): Expr =>
    ext('ipv6', header, d[1], false, l);
export const exthdrExists = (header: string, l: Location): Expr => ext('ipv6', header, 'nexthdr', true, l);

const IP_OPTION: Readonly<Record<string, readonly string[]>> = {
  lsrr: ['type', 'length', 'ptr', 'addr'],
  rr: ['type', 'length', 'ptr', 'addr'],
  ssrr: ['type', 'length', 'ptr', 'addr'],
  ra: ['type', 'length', 'value'],
};
export function ipopt(type: string, field: string | undefined, l: Location, at: Location, s: ParserState): Expr {
  if (field !== undefined && !IP_OPTION[type]?.includes(field)) s.fail(at, 'unknown ip option type/field');
  return ext('ipv4', type, field ?? 'type', field === undefined, l);
}
export function tcpopt(kind: string | bigint, field: string | undefined, l: Location): Expr {
  const raw = typeof kind === 'bigint' ? { rawType: Number(kind) } : {};
  return ext('tcpopt', typeof kind === 'bigint' ? '' : kind, field ?? 'kind', field === undefined, l, raw);
}
export const tcpField = (d: Values): { kind: string | bigint; field: string } => ({ kind: d[0] === 'mss' ? 'maxseg' : d[0], field: d[1] });
/** `tcp option @kind,offset,length` */
export const rawTcpopt = (kind: string | bigint, offset: bigint, length: number, l: Location): Expr =>
  ext('tcpopt', typeof kind === 'bigint' ? '' : kind, '', false, l, {
    rawType: typeof kind === 'bigint' ? Number(kind) : -1,
    offset: u32(offset),
    raw: true,
    dtype: 'integer',
    byteorder: 'big',
    len: length,
  });
export function dccpopt(type: bigint, l: Location, at: Location, s: ParserState): Expr {
  if (type > 255n) s.fail(at, 'value too large');
  return ext('dccp', '', 'type', true, l, { rawType: Number(type) });
}
export const chunk = (d: Values, l: Location): Expr => ext('sctp', d[0], d[1] ?? 'type', d[1] === undefined, l);

const SERIALIZED = new Set(['payload', 'exthdr', 'meta', 'ct', 'fib', 'hash', 'numgen', 'osf', 'rt', 'socket', 'xfrm', 'verdict', 'concat']);
const KIND_NAME: Readonly<Record<string, string>> = { xfrm: 'ipsec' };
export function typeofKey(e: Expr, at: Location, s: ParserState): Expr {
  if (!SERIALIZED.has(e.kind)) s.fail(at, `primary expression type '${KIND_NAME[e.kind] ?? e.kind}' lacks typeof serialization`);
  return e;
}
export function typeofData(e: Expr, at: Location, s: ParserState): Expr {
  if (!SERIALIZED.has(e.kind)) s.fail(at, `map data type '${KIND_NAME[e.kind] ?? e.kind}' lacks typeof serialization`);
  return e;
}
/** `type … : interval …`: the data may be ranges. */
export function interval(e: Expr): Expr {
  e.intervalData = true;
  return e;
}
export type { Stmt };
