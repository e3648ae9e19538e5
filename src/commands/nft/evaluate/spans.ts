import type { Expr, ExprOf, Location, SetDecl } from '../../../parsers/nft/ast.ts';
import type { PlainElements } from '../../../parsers/nft/plain-elements.ts';
import { clone } from '../node.ts';
import type { Context } from './context.ts';
import { evaluate } from './expr.ts';
import { noteAdded, untouched } from './intervals.ts';
import { constant, has } from './nature.ts';

type Spans = ExprOf<'spans'>;

/** Element `n` of spans as a tree. */
export function spanElement(e: Spans, n: number): ExprOf<'set_elem'> {
  const loc = e.place(n),
    { dtype, byteorder, len } = e;
  const end = (v: number): Expr => constant(loc, BigInt(v), dtype, byteorder, len);
  const key: Expr = e.low[n] === e.high[n] ? end(e.low[n]) : { kind: 'range', left: end(e.low[n]), right: end(e.high[n]), loc, dtype, byteorder, len };
  return { kind: 'set_elem', key, stmts: [], loc, dtype, byteorder, len };
}

/** Numbers of so many bits in words of a type; -1: not one that is read at a glance. */
const READERS: Readonly<Record<string, { readonly bits: number; readonly prefixes: boolean; read(text: string, from: number, to: number): number }>> = {
  ipv4_addr: { bits: 32, prefixes: true, read: (text, from, to) => parts(text, from, to, 4, 255) },
  inet_service: { bits: 16, prefixes: false, read: (text, from, to) => parts(text, from, to, 1, 65535) },
};

/** Decimal numbers without leading zeros between dots. */
function parts(text: string, from: number, to: number, count: number, most: number): number {
  let value = 0,
    part = -1,
    left = count;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i) - 48;
    if (c === -2) {
      if (part < 0 || --left === 0) return -1;
      value = value * (most + 1) + part;
      part = -1;
      continue;
    }
    if (part === 0 || c < 0 || c > 9) return -1;
    part = part < 0 ? c : part * 10 + c;
    if (part > most) return -1;
  }
  return left === 1 && part >= 0 ? value * (most + 1) + part : -1;
}

/** Collects numbers with their places. */
class Collector {
  low: Uint32Array;
  high: Uint32Array;
  count = 0;
  readonly #pieces: { readonly from: number; at(n: number): Location }[] = [];

  constructor(room: number) {
    this.low = new Uint32Array(room);
    this.high = new Uint32Array(room);
  }

  piece(at: (n: number) => Location): void {
    this.#pieces.push({ from: this.count, at });
  }
  push(low: number, high: number): void {
    this.low[this.count] = low;
    this.high[this.count++] = high;
  }
  place(n: number): Location {
    const p = this.#pieces.findLast((x) => x.from <= n);
    if (!p) throw new Error(`no element ${n}`);
    return p.at(n - p.from);
  }
}

function readPlain(elements: PlainElements, dtype: string, single: boolean, into: Collector): boolean {
  const { bits, prefixes, read } = READERS[dtype],
    { text } = elements.source;
  into.piece((n) => elements.loc(n));
  for (let n = 0; n < elements.count; n++) {
    const start = elements.start(n),
      end = elements.end(n);
    let sign = start;
    while (sign < end && text.charCodeAt(sign) !== 45 && text.charCodeAt(sign) !== 47) sign++;
    const low = read(text, start, sign);
    if (low < 0) return false;
    if (sign === end) {
      into.push(low, low);
      continue;
    }
    if (single) return false;
    let high: number;
    if (text.charCodeAt(sign) === 45) high = read(text, sign + 1, end);
    else {
      const len = Number(text.slice(sign + 1, end)),
        size = 2 ** (bits - len);
      if (!prefixes || len < 1 || len >= bits || low % size) return false;
      high = low + size - 1;
    }
    if (high <= low) return false;
    into.push(low, high);
  }
  return true;
}

/** An element that is a tree: only numbers will do. */
function readTree(c: Context, set: SetDecl, item: Expr, single: boolean, into: Collector): boolean {
  const key = set.key as Expr;
  if (item.kind !== 'set_elem' || item.stmts.length || item.timeout !== undefined || item.expires !== undefined || item.comment !== undefined) return false;
  c.expect(key.dtype, key.byteorder, key.len);
  const e = evaluate(c, clone(item));
  const k = e.kind === 'set_elem' ? e.key : e;
  into.piece(() => item.loc);
  if (k.kind === 'value') into.push(Number(k.value), Number(k.value));
  else if (!single && k.kind === 'range' && k.left.kind === 'value' && k.right.kind === 'value') into.push(Number(k.left.value), Number(k.right.value));
  else if (!single && k.kind === 'prefix' && k.prefix.kind === 'value') into.push(Number(k.prefix.value), Number(k.prefix.value) + 2 ** (k.len - k.prefixLen) - 1);
  else return false;
  return true;
}

/**
 * The elements of a set as numbers, where they are many and plain, and none is in the way of another; null: they have to be
 * evaluated one by one, which also says what is wrong with them.
 */
export function spansOf(c: Context, set: SetDecl, init: Expr): ExprOf<'set'> | null {
  const { key } = set,
    interval = has(set, 'interval');
  if (init.kind !== 'set' || (c.cmd.op !== 'add' && c.cmd.op !== 'create') || set.isMap || set.autoMerge || set.stmts.length || has(set, 'concat') || has(set, 'timeout'))
    return null;
  if (!key || !(key.dtype in READERS) || key.byteorder !== 'big' || key.len !== READERS[key.dtype].bits || !init.items.some((i) => i.kind === 'plain_elements')) return null;
  const all = new Collector(init.items.reduce((n, i) => n + (i.kind === 'plain_elements' ? i.elements.count : 1), 0));
  for (const item of init.items) if (!(item.kind === 'plain_elements' ? readPlain(item.elements, key.dtype, !interval, all) : readTree(c, set, item, !interval, all))) return null;
  const inOrder = interval ? ordered(all) : { ...all, place: (n: number) => all.place(n) };
  if (!inOrder) return null;
  const spans: Spans = { kind: 'spans', ...inOrder, loc: init.loc, dtype: key.dtype, byteorder: 'big', len: key.len };
  if (interval && !alone(c, set, spans)) return null;
  const flags = init.flags.concat('constant', interval ? 'interval' : []);
  return { ...init, items: [spans], flags: [...new Set(flags)], dtype: key.dtype, len: key.len };
}

/** By their starts; null where two share a number. */
function ordered(all: Collector): Pick<Spans, 'low' | 'high' | 'place'> | null {
  const { low, high, count } = all;
  let sorted = true;
  for (let i = 1; sorted && i < count; i++) sorted = low[i] > high[i - 1];
  if (sorted) return { low, high, place: (n) => all.place(n) };
  const order = new Uint32Array(count).map((_, i) => i).sort((a, b) => low[a] - low[b]);
  const out = { low: order.map((i) => low[i]), high: order.map((i) => high[i]), place: (n: number) => all.place(order[n]) };
  for (let i = 1; i < count; i++) if (out.low[i] <= out.high[i - 1]) return null;
  return out;
}

/** Has the set no other elements, as far as is known? Then it has these from now on. */
function alone(c: Context, set: SetDecl, spans: Spans): boolean {
  const table = c.cache.find(set.handle.family, set.handle.table?.name),
    here = table?.sets.get(set.handle.set?.name ?? '');
  if (!here || (here === set && c.cmd.object.kind !== 'element')) return true;
  if (untouched(c, here)?.count !== 0) return false;
  noteAdded(here, [spans]);
  return true;
}
