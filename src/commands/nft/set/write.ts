import type { StatefulExpression } from '../../../kernel/expr/expression.ts';
import type { Family } from '../../../kernel/net/hook.ts';
import type { Keys } from '../../../kernel/nf_tables/element-row.ts';
import type { NewElement, NftMessage } from '../../../kernel/nf_tables/message.ts';
import type { NftSet } from '../../../kernel/nf_tables/objects.ts';
import type { Expr, ExprOf, Location, SetDecl } from '../../../parsers/nft/ast.ts';
import { bytesToValue, valueToBytes } from '../datatype/bytes.ts';
import { baseType, datatype, fieldsOf, isConcat } from '../datatype/index.ts';
import { findExthdr } from '../keys/exthdr.ts';
import { Linearizer } from '../linearize/context.ts';
import { boundary, dataOf, keyData, valueText, verdictOf } from '../linearize/data.ts';
import type { SetUserdata } from './decl.ts';

/** `timeout never` as the parser gives it (NFT_NEVER_TIMEOUT). */
const NEVER = 0xffff_ffff_ffff_ffffn;
const pad4 = (n: number): number => (n + 3) & ~3;
const bytesOf = (bits: number): number => Math.ceil(bits / 8);

/** Lengths of the fields of a concatenated key or data; empty for a plain one. */
function fieldLens(e: Expr): number[] {
  if (e.kind === 'concat') return e.items.map((i) => bytesOf(i.len));
  return isConcat(e.dtype) ? fieldsOf(e.dtype).map((f) => bytesOf(f.size)) : [];
}

function lengthOf(e: Expr): number {
  const lens = fieldLens(e);
  return lens.length ? lens.reduce((n, l) => n + pad4(l), 0) : bytesOf(e.len);
}

/** Locations and other traces of the text have no place in user data. */
export function bare(e: Expr): Expr {
  return named(
    present(
      JSON.parse(
        JSON.stringify(e, (k, v: unknown) => (k === 'loc' ? undefined : typeof v === 'bigint' ? { $n: String(v) } : v)),
        (_k, v: unknown) => (v !== null && typeof v === 'object' && '$n' in v ? BigInt(String(v.$n)) : v),
      ) as Expr,
    ),
  );
}

/** Payloads of a known field are kept by its name (`th dport`), wherever they were written by offset. */
function named(e: Expr): Expr {
  if (e.kind === 'concat') return { ...e, items: e.items.map((i) => named(present(i))) };
  return e.kind === 'payload' && e.raw && e.proto !== '' && e.field !== '' ? { ...e, raw: false } : e;
}

/** exthdr_expr_parse_udata: the first header that has such a field; that only the presence was asked for is lost, the values are those of the first field. */
function present(e: Expr): Expr {
  if (e.kind !== 'exthdr') return e;
  if (!e.present) {
    const found = e.op === 'dccp' ? undefined : findExthdr(e.op, e.rawType, e.offset, e.len);
    return found ? { ...e, header: found.header, field: found.field.name } : e;
  }
  if (e.op === 'dccp') return { ...e, rawType: 1, dtype: 'integer', byteorder: 'big' };
  return { ...e, present: false, field: FIRST_FIELD[e.op], dtype: e.op === 'ipv6' ? 'inet_proto' : 'integer', byteorder: 'big' };
}
const FIRST_FIELD = { ipv6: 'nexthdr', tcpopt: 'kind', ipv4: 'type', sctp: 'type' } as const;

const stateful = (decl: SetDecl, family: Family): StatefulExpression[] => {
  const l = new Linearizer(family);
  for (const s of decl.stmts) l.stmt(s);
  return l.out as StatefulExpression[];
};

/** Expressions that typeof can keep; a mere type cannot be (expr_ops.build_udata). */
const says = (e: Expr): boolean => e.kind === 'verdict' || (e.kind === 'concat' ? e.items.every(says) : e.kind !== 'value');

/** What is turned to network order for intervals cannot be kept: the set is read by its types alone. */
const tells = (key: Expr): boolean => key.kind !== 'unary' && !(key.kind === 'concat' && key.items.some((i) => i.kind === 'unary'));

/** mnl_nft_set_add */
export function newSetMessage(decl: SetDecl, family: Family, table: string, id: number, excl: boolean): Extract<NftMessage, { op: 'newset' }> {
  const has = (f: SetDecl['flags'][number]): boolean => decl.flags.includes(f);
  const key = decl.key!,
    data = decl.data,
    lens = fieldLens(key);
  const verdict = data?.dtype === 'verdict';
  const kept = decl.objType === undefined ? data : undefined;
  const user: SetUserdata = {
    keyByteorder: key.byteorder,
    ...(data && { dataByteorder: data.byteorder }),
    ...(data?.intervalData && { dataInterval: true }),
    ...((decl.keyTypeof || (has('anonymous') && says(key))) && tells(key) && (!kept || says(kept)) && { key: bare(key), ...(kept && { data: bare(kept) }) }),
    ...(decl.autoMerge && { autoMerge: true }),
    ...(decl.comment !== undefined && { comment: decl.comment }),
  };
  const set: Omit<NftSet, 'handle' | 'elements' | 'id'> = {
    name: decl.handle.set?.name ?? '',
    flags: {
      anonymous: has('anonymous'),
      constant: has('constant'),
      interval: has('interval'),
      map: decl.isMap && decl.objType === undefined,
      timeout: has('timeout') || (decl.timeout ?? 0n) > 0n,
      eval: has('eval'),
      object: decl.objType !== undefined,
      concat: lens.length > 0 && has('interval'),
    },
    keyType: datatype(key.dtype).number,
    keyLen: lengthOf(key),
    dataType: data ? datatype(data.dtype).number : 0,
    dataLen: data && !verdict ? lengthOf(data) * (data.intervalData ? 2 : 1) : 0,
    ...(decl.objType !== undefined && { objType: decl.objType as NonNullable<NftSet['objType']> }),
    timeout: decl.timeout ?? 0n,
    gcInterval: Number(decl.gcInterval ?? 0n),
    // of sets that never change neither is told to the kernel
    policy: has('constant') ? 'performance' : (decl.policy ?? 'performance'),
    size: has('constant') ? 0 : (decl.size ?? 0),
    fieldLens: lens,
    exprs: stateful(decl, family),
    userdata: user as Record<string, unknown>,
  };
  return { op: 'newset', family, table, excl, set, id };
}

export interface Located {
  readonly element: NewElement;
  readonly loc: Location;
}

const isText = (e: Expr): boolean => baseType(e.dtype).id === 'string';

/** What is to be compared in an interval set stands in network order. */
function orderedBytes(e: Expr): Uint8Array {
  const bytes = dataOf(e).slice();
  return e.kind === 'value' && e.byteorder === 'host' && !isText(e) ? bytes.reverse() : bytes;
}

function parts(item: Expr): { elem: ExprOf<'set_elem'> | null; key: Expr; data: Expr | undefined } {
  const left = item.kind === 'mapping' ? item.left : item;
  const elem = left.kind === 'set_elem' ? left : null;
  return { elem, key: elem ? elem.key : left, data: item.kind === 'mapping' ? item.right : undefined };
}

const PLAIN = { intervalEnd: false, catchall: false };

/** Everything of an element but its key. */
function payload(decl: SetDecl, item: Expr, family: Family): Omit<NewElement, 'key' | 'keyEnd' | 'flags'> {
  const { elem, data } = parts(item);
  const out: { -readonly [K in keyof Omit<NewElement, 'key' | 'keyEnd' | 'flags'>]: NewElement[K] } = {};
  // 0 as attribute means never; a zero that was written is as none
  if (elem?.timeout) out.timeout = elem.timeout === NEVER ? 0n : elem.timeout;
  if (elem?.expires !== undefined) out.expiration = elem.expires;
  if (elem?.comment !== undefined) out.comment = elem.comment;
  if (elem?.stmts.length) {
    const l = new Linearizer(family);
    for (const s of elem.stmts) l.stmt(s);
    out.exprs = l.out as StatefulExpression[];
  }
  if (data && decl.objType !== undefined) out.objref = data.kind === 'symbol' ? data.identifier : data.kind === 'value' ? valueText(data) : '';
  else if (data?.kind === 'verdict') out.data = { verdict: verdictOf(data) };
  else if (data) out.data = { value: dataValue(decl, data) };
  return out;
}

/** A map whose data are intervals holds both ends of each. */
function dataValue(decl: SetDecl, data: Expr): Uint8Array {
  if (!decl.data?.intervalData) return dataOf(data);
  const both = [keyData(data, 'start', false), keyData(data, 'end', false)].map((b) => (b.length % 4 ? Uint8Array.from([...b, ...new Uint8Array(pad4(b.length) - b.length)]) : b));
  return Uint8Array.from([...both[0], ...both[1]]);
}

/** Keys of a set whose elements are numbers: starts and ends of intervals, or each number. */
export function keysOf(decl: SetDecl, spans: ExprOf<'spans'>, first: boolean): Keys {
  const { low, high } = spans,
    width = bytesOf(spans.len),
    interval = decl.flags.includes('interval'),
    top = 2 ** (8 * width) - 1;
  const room = low.length * (interval ? 2 : 1) + 1;
  const keys = new Uint8Array(room * width),
    ends = new Uint8Array(room);
  let count = 0;
  const push = (v: number, end: number): void => {
    for (let i = 0; i < width; i++) keys[count * width + i] = v >>> (8 * (width - 1 - i));
    ends[count++] = end;
  };
  if (interval && first && low[0] !== 0) push(0, 1);
  for (let n = 0; n < low.length; n++) {
    push(low[n], 0);
    if (interval && high[n] < top) push(high[n] + 1, 1);
  }
  return { width, count, keys: keys.subarray(0, count * width), ends: ends.subarray(0, count) };
}

/** Which of the spans key `at` of them belongs to. */
export function spanAt(decl: SetDecl, spans: ExprOf<'spans'>, first: boolean, at: number): number {
  if (!decl.flags.includes('interval')) return at;
  return Math.max(0, (at - (first && spans.low[0] !== 0 ? 1 : 0)) >> 1);
}

/** netlink_gen_setelem for each element; intervals become starts and ends (set_to_intervals). */
export function elementsOf(decl: SetDecl, init: Expr | undefined, family: Family, o: { readonly add: boolean; readonly first: boolean }): Located[] {
  if (!init) return [];
  const items = init.kind === 'set' ? init.items : [init];
  const concat = fieldLens(decl.key!).length > 0,
    interval = decl.flags.includes('interval');
  if (interval && !concat) return intervals(decl, items, family, o);
  return items.map((item) => {
    const { key } = parts(item),
      rest = o.add ? payload(decl, item, family) : {};
    if (key.kind === 'catchall') return { element: { key: new Uint8Array(0), flags: { intervalEnd: false, catchall: true }, ...rest }, loc: item.loc };
    if (interval) return { element: { key: keyData(key, 'start', true), keyEnd: keyData(key, 'end', true), flags: PLAIN, ...rest }, loc: item.loc };
    return { element: { key: dataOf(key), flags: PLAIN, ...rest }, loc: item.loc };
  });
}

function intervals(decl: SetDecl, items: readonly Expr[], family: Family, o: { readonly add: boolean; readonly first: boolean }): Located[] {
  const len = bytesOf(decl.key!.len),
    top = 1n << BigInt(decl.key!.len);
  const anonymous = decl.flags.includes('anonymous');
  const spans = items
    .filter((i) => parts(i).key.kind !== 'catchall')
    .map((item) => {
      const { key } = parts(item);
      return { item, low: bytesToValue(orderedBytes(boundary(key, 'start')), 'big'), high: bytesToValue(orderedBytes(boundary(key, 'end')), 'big') };
    });
  if (o.add) spans.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const out: Located[] = [];
  const bytes = (v: bigint): Uint8Array => valueToBytes(v, len, 'big');
  if (o.add && o.first && spans.length && spans[0].low !== 0n) out.push({ element: { key: bytes(0n), flags: { intervalEnd: true, catchall: false } }, loc: spans[0].item.loc });
  spans.forEach((s, i) => {
    out.push({ element: { key: bytes(s.low), flags: PLAIN, ...(o.add ? payload(decl, s.item, family) : {}) }, loc: s.item.loc });
    const next = s.high + 1n;
    if (next >= top || (anonymous && spans[i + 1]?.low === next)) return;
    out.push({ element: { key: bytes(next), flags: { intervalEnd: true, catchall: false } }, loc: s.item.loc });
  });
  for (const item of items)
    if (parts(item).key.kind === 'catchall')
      out.push({ element: { key: new Uint8Array(0), flags: { intervalEnd: false, catchall: true }, ...(o.add ? payload(decl, item, family) : {}) }, loc: item.loc });
  return out;
}
