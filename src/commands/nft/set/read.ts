import type { NfTables } from '../../../kernel/nf_tables/nf-tables.ts';
import type { NftSet, SetElement } from '../../../kernel/nf_tables/objects.ts';
import type { Verdict } from '../../../kernel/expr/expression.ts';
import type { Expr, ExprOf, SetDecl } from '../../../parsers/nft/ast.ts';
import { bytesToValue, ones, valueToBytes } from '../datatype/bytes.ts';
import { baseType, datatype, hasBase } from '../datatype/index.ts';
import { flagSum } from '../delinearize/postprocess.ts';
import { mk, NOWHERE, switchOrder, valueExpr } from '../node.ts';
import { storeOf } from '../../../kernel/nf_tables/set.ts';
import { readStateful as stateful } from '../delinearize/stateful.ts';

/** netlink_delinearize_setelem and interval_map_decompose: what a set holds, in the order nft lists it. */
export function readElements(nft: NfTables, set: NftSet, decl: SetDecl, only?: Iterable<SetElement>): ExprOf<'set'> | undefined {
  const elements = [...(only ?? set.elements)];
  const tree = set.flags.interval && !(set.flags.concat && set.fieldLens.length > 1);
  const plain = (): Expr[] => elements.map((e) => item(nft, set, decl, e, keyOf(set, decl, e)));
  // concatenated ranges stay as the kernel dumps them (netlink_list_setelems)
  const items = tree ? intervals(nft, set, decl, elements) : set.flags.interval ? plain() : sorted(plain());
  if (!items.length) return undefined;
  const expr = mk({ kind: 'set', items, flags: decl.flags }, decl.key!.dtype, decl.key!.byteorder, decl.key!.len) as ExprOf<'set'>;
  return expr;
}

/** Types whose numbers are written without more ado. */
const NUMBERS: Readonly<Record<string, number>> = { ipv4_addr: 32, inet_service: 16 };

/** The elements of a named set as spans of numbers, where it has nothing else; null: `readElements` it. */
export function readSpans(set: NftSet, decl: SetDecl): ExprOf<'set'> | null {
  const key = decl.key!,
    f = set.flags,
    bits = NUMBERS[key.dtype];
  if (f.anonymous || f.map || f.object || f.timeout || set.exprs.length || key.len !== bits || key.byteorder !== 'big') return null;
  const row = storeOf(set).plainKeys;
  if (!row || row.count < 2) return null;
  const { width, count, keys, ends } = row,
    low = new Uint32Array(count),
    high = f.interval ? new Uint32Array(count) : low;
  const last = 2 ** bits - 1;
  let n = 0;
  for (let i = 0; i < count; i++) {
    let v = 0;
    for (let k = i * width; k < (i + 1) * width; k++) v = v * 256 + keys[k];
    if (f.interval && n > 0 && high[n - 1] === last) high[n - 1] = v - 1;
    if (ends[i] === 1) continue;
    low[n] = v;
    high[n++] = f.interval ? last : v;
  }
  if (!f.interval) low.sort();
  const spans = mk({ kind: 'spans', low: low.subarray(0, n), high: high.subarray(0, n), place: () => NOWHERE }, key.dtype, 'big', bits);
  return mk({ kind: 'set', items: [spans], flags: decl.flags }, key.dtype, key.byteorder, key.len) as ExprOf<'set'>;
}

/** Element `n` of spans as a listing has it. */
export function spanItem(e: ExprOf<'spans'>, n: number): Expr {
  const value = (v: number): Expr => valueExpr(BigInt(v), e.dtype, 'big', e.len);
  return mk({ kind: 'set_elem', key: span(value(e.low[n]), value(e.high[n]), e), stmts: [] }, e.dtype, 'big', e.len);
}

const isText = (e: Expr): boolean => baseType(e.dtype).id === 'string';

/** Interval sets hold numbers in network order; `as` is how they are then taken, which tells whether they have names. */
function single(bytes: Uint8Array, like: Expr, interval: boolean, as: 'big' | 'host' = 'host'): Expr {
  const turned = interval && like.byteorder === 'host' && !isText(like);
  const order = like.byteorder === 'big' || turned ? 'big' : 'host';
  return valueExpr(bytesToValue(bytes, order), like.dtype, turned ? as : like.byteorder, like.len || bytes.length * 8);
}
/** What a rule compares with a set of its own is converted once more (converted), what it maps is not. */
const takenAs = (set: NftSet, decl: SetDecl): 'big' | 'host' => (set.flags.anonymous && !decl.isMap ? 'big' : 'host');

const flagged = (e: Expr): Expr => (e.kind === 'value' && e.dtype !== 'bitmask' && hasBase(e.dtype, 'bitmask') ? flagSum(e) : e);

const pad4 = (n: number): number => (n + 3) & ~3;

/** The fields of a concatenated key, each padded to registers. */
function fields(key: Expr): Expr[] {
  if (key.kind === 'concat') return key.items;
  return (datatype(key.dtype).fields ?? []).map((f) => mk({ kind: 'value', value: 0n }, f.id, f.byteorder, f.size));
}

export function keyOf(set: NftSet, decl: SetDecl, e: SetElement): Expr {
  const key = decl.key!;
  if (e.flags.catchall) return mk({ kind: 'catchall' }, key.dtype, key.byteorder, key.len);
  const parts = fields(key);
  if (!parts.length) return flagged(single(e.key, key, set.flags.interval, takenAs(set, decl)));
  let at = 0;
  const items = parts.map((f): Expr => {
    const len = Math.ceil(f.len / 8),
      low = single(e.key.subarray(at, at + len), f, set.flags.interval);
    const high = e.keyEnd ? single(e.keyEnd.subarray(at, at + len), f, set.flags.interval) : low;
    at += pad4(len);
    return span(named(low, f), named(high, f), f);
  });
  return mk({ kind: 'concat', items }, key.dtype, 'invalid', key.len);
}

/** Parts of a concatenation are in the order of their type again, so that they have their names. */
const named = (e: Expr, like: Expr): Expr => flagged({ ...e, byteorder: like.byteorder });

/** Intervals in data are written as prefixes also where they hold one value (range_expr_to_prefix). */
function dataSpan(low: Expr, high: Expr, like: Expr): Expr {
  const e = span(low, high, like);
  return e === low && prefixable(like) ? mk({ kind: 'prefix', prefix: low, prefixLen: like.len }, like.dtype, like.byteorder, like.len) : e;
}

/** netlink_parse_interval_elem takes both ends for one number: in host order they change places, and each its bytes. */
function turned(left: ExprOf<'value'>, right: ExprOf<'value'>, like: Expr): Expr {
  const swap = (e: ExprOf<'value'>): Expr => ({ ...e, value: switchOrder(e.value, e.len) });
  if (left.value === right.value) return mk({ kind: 'prefix', prefix: swap(left), prefixLen: like.len }, like.dtype, like.byteorder, like.len);
  return mk({ kind: 'range', left: swap(left), right: swap(right) }, like.dtype, like.byteorder, like.len);
}

/** A value, a prefix where the type can be one, else a range. */
export function span(low: Expr, high: Expr, like: Expr): Expr {
  if (low.kind !== 'value' || high.kind !== 'value' || low.value === high.value) return low;
  const order = (v: bigint): bigint => (isText(like) ? bytesToValue(valueToBytes(v, Math.ceil(like.len / 8), 'host'), 'big') : v);
  const from = order(low.value),
    to = order(high.value),
    size = to - from + 1n;
  const prefix = size > 0n && (size & (size - 1n)) === 0n && (from & (size - 1n)) === 0n;
  if (prefix && (isText(like) || prefixable(like))) {
    return mk({ kind: 'prefix', prefix: low, prefixLen: like.len - (size.toString(2).length - 1) }, like.dtype, like.byteorder, like.len);
  }
  return mk({ kind: 'range', left: low, right: high }, like.dtype, like.byteorder, like.len);
}

function prefixable(e: Expr): boolean {
  for (let d: ReturnType<typeof datatype> | undefined = datatype(e.dtype); d; d = d.base) if (d.prefixable) return true;
  return false;
}

function verdictExpr(v: Verdict): Expr {
  if (v.code === 'queue') return mk({ kind: 'verdict', verdict: 'accept' }, 'verdict', 'host', 32);
  const chain = v.code === 'jump' || v.code === 'goto' ? mk({ kind: 'symbol', symbolType: 'value', identifier: v.chain }, 'string', 'host', 0) : undefined;
  return mk({ kind: 'verdict', verdict: v.code, ...(chain && { chain }) }, 'verdict', 'host', 32);
}

/** Data of a map: a verdict, a value, a concatenation, or a range. The parts of concatenated data are read as those of a key would be, though nothing had turned them. */
function dataExpr(set: NftSet, decl: SetDecl, e: SetElement): Expr | undefined {
  if (e.objref !== undefined) return mk({ kind: 'value', value: bytesToValue(new TextEncoder().encode(e.objref), 'host') }, 'string', 'host', e.objref.length * 8);
  const data = decl.data;
  if (!e.data || !data) return undefined;
  if ('verdict' in e.data) return verdictExpr(e.data.verdict);
  const { value } = e.data,
    half = value.length / 2;
  const read = (bytes: Uint8Array): { one: Expr; parts: Expr[] } => {
    const parts = fields(data);
    if (!parts.length) return { one: single(bytes.subarray(0, Math.ceil((data.len || bytes.length * 8) / 8)), data, false), parts: [] };
    let at = 0;
    const items = parts.map((f) => {
      const len = Math.ceil(f.len / 8),
        v = single(bytes.subarray(at, at + len), f, set.flags.interval);
      at += pad4(len);
      return v;
    });
    return { one: mk({ kind: 'concat', items }, data.dtype, 'invalid', data.len), parts: items };
  };
  if (!data.intervalData) return read(value).one;
  const low = read(value.subarray(0, half)),
    high = read(value.subarray(half));
  if (!low.parts.length && data.byteorder === 'host') return turned(high.one as ExprOf<'value'>, low.one as ExprOf<'value'>, data);
  if (!low.parts.length) return dataSpan(low.one, high.one, data);
  return mk({ kind: 'concat', items: low.parts.map((l, i) => span(l, high.parts[i], l)) }, data.dtype, 'invalid', data.len);
}

function item(nft: NfTables, set: NftSet, decl: SetDecl, e: SetElement, key: Expr): Expr {
  const live = nft.live.element(e);
  const elem = mk(
    {
      kind: 'set_elem',
      key,
      stmts: live.exprs.map((x) => stateful(x)),
      ...(e.timeout !== undefined && { timeout: e.timeout }),
      ...(e.expiresAt !== undefined && { expires: BigInt(Math.max(0, Math.floor(e.expiresAt - nft.net.clock.now()))) }),
      ...(e.comment !== undefined && { comment: e.comment }),
    },
    key.dtype,
    key.byteorder,
    key.len,
  );
  const right = dataExpr(set, decl, e);
  return right ? mk({ kind: 'mapping', left: elem, right }, elem.dtype, elem.byteorder, elem.len) : elem;
}

/** Pairs starts with the ends that follow; what has no end goes to the last value. */
function intervals(nft: NfTables, set: NftSet, decl: SetDecl, elements: SetElement[]): Expr[] {
  const key = decl.key!,
    bits = set.keyLen * 8,
    out: Expr[] = [];
  const ordered = elements
    .filter((e) => !e.flags.catchall)
    .map((e) => ({ e, at: bytesToValue(e.key, 'big') }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(b.e.flags.intervalEnd) - Number(a.e.flags.intervalEnd)));
  ordered.forEach(({ e, at }, i) => {
    if (e.flags.intervalEnd) return;
    const next = ordered[i + 1],
      last = next ? next.at - 1n : ones(bits);
    const text = isText(key),
      order = (v: bigint): Expr => single(valueToBytes(v, set.keyLen, 'big'), key, !text, takenAs(set, decl));
    out.push(item(nft, set, decl, e, span(order(at), order(last < at ? at : last), key)));
  });
  const all = elements.find((e) => e.flags.catchall);
  if (all) out.push(item(nft, set, decl, all, keyOf(set, decl, all)));
  return out;
}

/** expr_msort_value */
function rank(e: Expr): bigint {
  switch (e.kind) {
    case 'set_elem':
      return rank(e.key);
    case 'mapping':
    case 'range':
      return rank(e.left);
    case 'prefix':
      return rank(e.prefix);
    case 'value':
      return e.value;
    case 'binop':
      return rank(e.left);
    case 'concat': {
      const bytes: number[] = [];
      for (const i of e.items) bytes.push(...valueToBytes(rank(i), Math.ceil(i.len / 8), i.byteorder === 'big' ? 'big' : 'host'));
      return bytesToValue(Uint8Array.from(bytes), 'host');
    }
    case 'catchall':
      return 1n << 1024n;
    default:
      return 0n;
  }
}

const sorted = (items: Expr[]): Expr[] =>
  items
    .map((e) => ({ e, r: rank(e) }))
    .sort((a, b) => (a.r < b.r ? -1 : a.r > b.r ? 1 : 0))
    .map((x) => x.e);
