import type { ElementStore } from '../nf_tables/elements.ts';
import type { NftSet } from '../nf_tables/objects.ts';
import type { CmpOp, Expression, Register } from './expression.ts';
import type { Field, FieldTest } from './field.ts';
import { wordOf } from './machine.ts';

/** A word of a register in terms of the packet: `((field & mask) ^ xor) >> shift`. */
interface Content {
  readonly field: Field;
  readonly mask: number;
  readonly xor: number;
  readonly shift: number;
  /** How the number lies in the register's bytes: as in headers, or as the (little endian) kernel keeps it. */
  readonly order: 'network' | 'host';
}

/** What a definition may look at while it says its tests. */
export interface TestEnvironment {
  readonly family: string;
  set(name: string): NftSet | undefined;
}

const ALL = 0xffffffff;
/** Larger sets tell too little apart for what their ranges would cost. */
const MAX_RANGES = 1024;

const wordsIn = (len: number): number => (len + 3) >> 2;

/** Bytes `at…at+4` as the number that a field of such content has; null: they say something of bytes it does not have. */
function numberOf(c: Content, bytes: Uint8Array, at: number): number | null {
  const { len } = c.field;
  let v = 0;
  for (let i = 0; i < 4 && at + i < bytes.length; i++) {
    const b = bytes[at + i];
    if (i >= len) {
      if (b !== 0) return null;
    } else v |= c.order === 'host' ? b << (8 * i) : b << (8 * (len - 1 - i));
  }
  return v >>> 0;
}

/** The bits of a field that its first `n` bytes in the register hold. */
function firstBytes(c: Content, n: number): number {
  const { len } = c.field;
  const all = len >= 4 ? ALL : 2 ** (8 * len) - 1;
  if (n >= len) return all;
  return c.order === 'host' ? 2 ** (8 * n) - 1 : (all - (2 ** (8 * (len - n)) - 1)) >>> 0;
}

/**
 * Reads the expressions of a rule as tests over fields of the packet, which all hold if the rule matches. It goes on until
 * an expression has effects; what it does not understand it passes over (a test less). `skip` expressions at the head are
 * exactly said by tests: where these hold they need not run.
 */
export class TestReader {
  readonly tests: FieldTest[] = [];
  skip = 0;
  readonly #words: (Content | null)[] = new Array<Content | null>(20).fill(null);
  /** Words written so far, and those of them that no test has asked yet. */
  readonly #written = new Set<number>();
  readonly #untested = new Set<number>();
  /** Those that the expressions before `skip` wrote. */
  #skipped: ReadonlySet<number> = new Set();
  #exact = true;
  /** Tests from here on may be asked together. */
  #behind = 0;

  /** `len` bytes of fields into a register: `word` says which field its n-th word is. */
  load(dreg: Register, len: number, order: Content['order'], word: (n: number) => Field): void {
    const to = wordOf(dreg);
    for (let n = 0; n < wordsIn(len); n++) this.#put(to + n, { field: word(n), mask: ALL, xor: 0, shift: 0, order });
  }

  /** Something that is no field. */
  unknown(dreg: Register, len: number): void {
    this.#exact = false;
    for (let n = 0; n < wordsIn(len); n++) this.#put(wordOf(dreg) + n, null);
  }

  #put(word: number, c: Content | null): void {
    this.#words[word] = c;
    this.#written.add(word);
    this.#untested.add(word);
  }

  /** nft_bitwise's mask and xor. */
  mask(sreg: Register, dreg: Register, len: number, mask: Uint8Array, xor: Uint8Array): void {
    for (let n = 0; n < wordsIn(len); n++) {
      const c = this.#words[wordOf(sreg) + n];
      const m = c && numberOf({ ...c, field: { ...c.field, len: 4 } }, mask, 4 * n),
        x = c && numberOf(c, xor, 4 * n);
      if (c === null || m === null || x === null) {
        this.unknown(dreg, len);
        return;
      }
      const own = (c.order === 'network' ? m >>> (8 * (4 - c.field.len)) : m) << c.shift;
      this.#put(wordOf(dreg) + n, { ...c, mask: (c.mask & own) >>> 0, xor: ((c.xor & own) ^ (x << c.shift)) >>> 0 });
    }
  }

  /** nft_bitwise's shift to the right, of a word whose number is that of its field. */
  shift(sreg: Register, dreg: Register, len: number, by: number): void {
    const c = this.#words[wordOf(sreg)];
    if (c === null || len > 4 || (c.order === 'network' && c.field.len > 1)) this.unknown(dreg, len);
    else this.#put(wordOf(dreg), { ...c, shift: c.shift + by });
  }

  /** nft_byteorder of one value. */
  swap(sreg: Register, dreg: Register, len: number, size: number): void {
    const c = this.#words[wordOf(sreg)];
    if (c === null || len !== size || c.field.len !== size || c.shift !== 0) this.unknown(dreg, len);
    else this.#put(wordOf(dreg), { ...c, order: c.order === 'host' ? 'network' : 'host' });
  }

  /** nft_cmp */
  compare(sreg: Register, op: CmpOp, data: Uint8Array): void {
    switch (op) {
      case 'eq':
        this.#equal(sreg, data);
        return;
      case 'neq':
        if (data.length > 4 || !this.#is(wordOf(sreg), data, 0, true)) this.#exact = false;
        return;
      case 'lt':
      case 'lte':
        this.#between(sreg, null, data, op === 'lt');
        return;
      default:
        this.#between(sreg, data, null, op === 'gt');
    }
  }

  #equal(sreg: Register, data: Uint8Array): void {
    for (let n = 0; n < wordsIn(data.length); n++) if (!this.#is(wordOf(sreg) + n, data, 4 * n, false)) this.#exact = false;
  }

  #is(word: number, data: Uint8Array, at: number, not: boolean): boolean {
    const c = this.#words[word],
      value = c && numberOf(c, data, at);
    if (c === null || value === null) return false;
    const asked = firstBytes(c, data.length - at),
      wanted = ((value ^ (c.xor >>> c.shift)) & asked) >>> 0;
    this.#test(word, c, asked, [[wanted, wanted]], not);
    return true;
  }

  /** `asked` bits of the register's number, and ranges of those, as bits and ranges of the field's. */
  #test(word: number, c: Content, asked: number, wanted: FieldTest['ranges'], not: boolean): void {
    this.#untested.delete(word);
    const unit = 2 ** c.shift,
      mask = (c.mask & (asked << c.shift)) >>> 0,
      ranges = wanted.filter(([lo]) => lo * unit <= ALL).map(([lo, hi]): [number, number] => [lo * unit, Math.min(hi * unit + unit - 1, ALL)]);
    const before = this.tests.findIndex((t, n) => n >= this.#behind && !t.not && t.mask === mask && t.ranges.length === 1 && sameField(t.field, c.field));
    if (!not && ranges.length === 1 && before >= 0) {
      // The two ends of a range are two comparisons.
      const [lo, hi] = this.tests[before].ranges[0],
        both: [number, number] = [Math.max(lo, ranges[0][0]), Math.min(hi, ranges[0][1])];
      this.tests[before] = { ...this.tests[before], ranges: both[0] > both[1] ? [] : [both] };
    } else this.tests.push({ field: c.field, mask, ranges, not, absent: 'fails' });
  }

  /** Order of the bytes, as memcmp has it: of several words only the first is asked. `open`: without the ends. */
  #between(sreg: Register, from: Uint8Array | null, to: Uint8Array | null, open: boolean): void {
    const word = wordOf(sreg),
      c = this.#ordered(word),
      { length } = (from ?? to) as Uint8Array;
    if (c === null || (length <= 4 && length > c.field.len)) {
      this.#exact = false;
      return;
    }
    const low = from ? numberOf(c, from, 0) : 0,
      high = to ? numberOf(c, to, 0) : ALL;
    if (low === null || high === null) {
      this.#exact = false;
      return;
    }
    if (length > 4) this.#exact = false;
    const unit = length < c.field.len ? 2 ** (8 * (c.field.len - length)) : 1,
      step = open && length <= 4 ? unit : 0;
    const lo = from ? low + step : low,
      hi = to ? high - step : high;
    this.#test(word, c, firstBytes(c, length), lo > hi ? [] : [[lo, hi]], false);
  }

  /** nft_range */
  range(sreg: Register, op: 'eq' | 'neq', from: Uint8Array, to: Uint8Array): void {
    const word = wordOf(sreg),
      c = this.#ordered(word);
    const low = c && numberOf(c, from, 0),
      high = c && numberOf(c, to, 0);
    const whole = from.length <= 4;
    if (c === null || low === null || high === null || (whole ? from.length > c.field.len : op === 'neq')) {
      this.#exact = false;
      return;
    }
    if (!whole) this.#exact = false;
    this.#test(word, c, firstBytes(c, from.length), low > high ? [] : [[low, high]], op === 'neq');
  }

  /** A word whose numbers are ordered as its bytes are. */
  #ordered(word: number): Content | null {
    const c = this.#words[word];
    return c && c.xor === 0 && (c.order === 'network' || c.field.len === 1) ? c : null;
  }

  /** nft_lookup in a set that never changes: its key's first word. */
  member(sreg: Register, set: NftSet | undefined, inv: boolean): void {
    this.#exact = false;
    if (!set?.flags.anonymous || !set.flags.constant || set.flags.timeout) return;
    const store = set.elements as ElementStore,
      word = wordOf(sreg);
    if (store.catchall || store.size > MAX_RANGES || (set.keyLen > 4 && (inv || (set.flags.interval && !set.flags.concat)))) return;
    const c = set.flags.interval ? this.#ordered(word) : this.#words[word];
    if (c?.xor !== 0 || Math.min(set.keyLen, 4) < c.field.len) return;
    const ranges = set.flags.interval ? intervals(c, store, set.keyLen > 4) : points(c, store);
    if (ranges) this.#test(word, c, ALL, ranges, inv);
  }

  /** Tests that an extension says of itself. */
  add(tests: readonly FieldTest[], exact: boolean): void {
    this.tests.push(...tests);
    this.#behind = this.tests.length;
    if (!exact) this.#exact = false;
  }

  /** After each expression of the head. */
  done(index: number): void {
    if (!this.#exact || this.#untested.size > 0) return;
    this.skip = index + 1;
    this.#skipped = new Set(this.#written);
  }

  /** Where later expressions may read what only those before `skip` loaded, these have to run. */
  finish(exprs: readonly Expression[]): void {
    const missing = new Set(this.#skipped);
    for (const e of exprs.slice(this.skip)) {
      if (reads(e) && missing.size > 0) {
        this.skip = 0;
        return;
      }
      if ('dreg' in e && e.dreg) for (let n = 0; n < written(e); n++) missing.delete(wordOf(e.dreg) + n);
    }
  }
}

const sameField = (a: Field, b: Field): boolean => a.kind === b.kind && a.offset === b.offset && a.len === b.len && a.need === b.need && a.fragments === b.fragments;

const reads = (e: Expression): boolean => Object.keys(e).some((k) => k.startsWith('sreg')) || e.kind === 'inner';

/** Words that an expression surely writes. */
function written(e: Expression): number {
  switch (e.kind) {
    case 'payload':
      return wordsIn(e.len);
    case 'immediate':
      return 'value' in e.data ? wordsIn(e.data.value.length) : 0;
    default:
      return 1;
  }
}

const byStart = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0];

function points(c: Content, store: ElementStore): [number, number][] | null {
  const out: [number, number][] = [];
  for (const e of store) {
    const v = numberOf(c, e.key.subarray(0, 4), 0);
    if (v === null) return null;
    out.push([v, v]);
  }
  return out.sort(byStart);
}

/** Starts and ends of intervals as elements of their own (an end is the first that is outside), or, of concatenations, key and keyEnd. */
function intervals(c: Content, store: ElementStore, concat: boolean): [number, number][] | null {
  const out: [number, number][] = [],
    marks: { at: number; end: boolean }[] = [];
  for (const e of store) {
    const v = numberOf(c, e.key.subarray(0, 4), 0),
      last = concat ? numberOf(c, (e.keyEnd ?? e.key).subarray(0, 4), 0) : 0;
    if (v === null || last === null) return null;
    if (concat) out.push([v, last]);
    else marks.push({ at: v, end: e.flags.intervalEnd });
  }
  if (concat) return out.sort(byStart);
  marks.sort((a, b) => a.at - b.at || Number(b.end) - Number(a.end));
  const max = c.field.len >= 4 ? ALL : 2 ** (8 * c.field.len) - 1;
  for (const [i, m] of marks.entries()) {
    if (m.end) continue;
    const next = marks[i + 1];
    out.push([m.at, next ? next.at - 1 : max]);
  }
  return out;
}
