import type { Field, Item, Type } from './schema.ts';

/**
 * Aligned PER as net/netfilter/nf_conntrack_h323_asn1.c reads it: only as far as the first field that it never wants,
 * with its own notion of where the bytes end.
 */

/** What was wanted of a message. */
export class Found {
  /** Where it lies in the buffer (an address), or what it is (a number). */
  value = 0;
  /** Fields, or the alternative that was chosen. */
  readonly parts = new Map<string, Found>();
  /** Members of a list. */
  readonly items: Found[] = [];

  get(...path: readonly string[]): Found | undefined {
    let at: Found | undefined = this;
    for (const name of path) at = at?.parts.get(name);
    return at;
  }
}

/** 'stop': what follows is of no interest. */
type Outcome = 'ok' | 'stop' | 'bad';

class Reader {
  readonly b: Uint8Array;
  readonly end: number;
  at: number;
  bit = 0;

  constructor(b: Uint8Array, from: number, end: number) {
    this.b = b;
    this.at = from;
    this.end = end;
  }

  /** nf_h323_error_boundary */
  lacks(bytes: number, bits: number): boolean {
    const all = bits + this.bit;
    return this.at + bytes + (all >> 3) + (all & 7 ? 1 : 0) > this.end;
  }
  get past(): Outcome {
    return this.lacks(0, 0) ? 'bad' : 'ok';
  }
  align(): void {
    if (this.bit) this.at++;
    this.bit = 0;
  }
  skip(bits: number): void {
    const all = this.bit + bits;
    this.at += all >> 3;
    this.bit = all & 7;
  }
  byte(): number {
    return this.b[this.at++] ?? 0;
  }
  pass(bytes: number): void {
    this.at += bytes;
  }
  bits(n: number): number {
    let v = 0;
    for (let i = 0; i < n; i++) {
      v = (v << 1) | (((this.b[this.at] ?? 0) >> (7 - this.bit)) & 1);
      this.skip(1);
    }
    return v >>> 0;
  }
  /** get_bitmap: from the highest bit on. One that ends with its fourth byte is read from the start of the first. */
  bitmap(n: number): number {
    const slip = this.bit + n === 32 ? this.bit : 0;
    if (slip) this.bit = 0;
    const v = n === 0 ? 0 : this.bits(n) << (32 - n);
    this.skip(slip);
    return v;
  }
  length(): number {
    const v = this.byte();
    return v & 0x80 ? ((v & 0x3f) << 8) + this.byte() : v;
  }
}

function readInteger(r: Reader, t: Extract<Type, { kind: 'integer' }>, into: Found | null): Outcome {
  switch (t.size) {
    case 'byte':
    case 'word':
      r.align();
      r.at += t.size === 'byte' ? 1 : 2;
      return r.past;
    case 'long': {
      if (r.lacks(0, 2)) return 'bad';
      const length = r.bits(2) + 1;
      if (r.lacks(length, 0)) return 'bad';
      r.align();
      if (into) {
        into.value = 0;
        for (let i = 0; i < length; i++) into.value = ((into.value << 8) | r.byte()) >>> 0;
        into.value = (into.value + t.least) >>> 0;
      }
      // Where the number was wanted, its bytes are passed over a second time.
      r.at += length;
      return r.past;
    }
    case 'unbounded':
      r.align();
      if (r.lacks(2, 0)) return 'bad';
      r.pass(r.length());
      return r.past;
    default:
      r.skip(t.size.bits);
      return r.past;
  }
}

function readBits(r: Reader, size: 'word' | 'any'): Outcome {
  r.align();
  if (r.lacks(2, 0)) return 'bad';
  const length = size === 'any' ? r.length() : (r.byte() << 8) + r.byte();
  r.at += length >> 3;
  r.bit = length & 7;
  return r.past;
}

/** The length that stands before a string; -1: there is none. */
function readLength(r: Reader, size: { readonly bits: number } | 'byte' | 'any', least: number): number {
  if (size === 'byte' || size === 'any') {
    r.align();
    if (r.lacks(size === 'byte' ? 1 : 2, 0)) return -1;
    return (size === 'byte' ? r.byte() : r.length()) + least;
  }
  if (r.lacks(0, size.bits)) return -1;
  const length = r.bits(size.bits) + least;
  r.align();
  return length;
}

function readOctets(r: Reader, t: Extract<Type, { kind: 'octets' }>, into: Found | null): Outcome {
  if (t.size === 'fixed') {
    if (t.least > 2) {
      r.align();
      if (into) into.value = r.at;
    }
    r.at += t.least;
    return r.past;
  }
  const length = readLength(r, t.size, t.least);
  if (length < 0) return 'bad';
  r.at += length;
  return r.past;
}

/** What stands in an open type. */
function readOpen(r: Reader, item: Item, type: Type | 'jumped' | 'unread', into: Found | null, wanted: boolean): Outcome {
  if (r.lacks(2, 0)) return 'bad';
  const length = r.length();
  if (r.lacks(length, 0)) return 'bad';
  const end = r.at + length;
  if (typeof type === 'string' || !wanted || !item.kept) {
    r.at = end;
    return 'ok';
  }
  if (read(r, type, into) === 'bad') return 'bad';
  r.at = end;
  r.bit = 0;
  return 'ok';
}

const begin = (f: Field, into: Found | null): Found | null => {
  if (!into) return null;
  const part = new Found();
  into.parts.set(f.name, part);
  return f.kept ? part : null;
};

/** decode_seq */
function readSequence(r: Reader, t: Extract<Type, { kind: 'sequence' }>, into: Found | null): Outcome {
  if (r.lacks(0, 1)) return 'bad';
  const extended = t.more !== null && r.bits(1) === 1;
  if (r.lacks(0, t.optional)) return 'bad';
  let there = r.bitmap(t.optional);
  for (const f of t.root) {
    if (typeof f.type === 'string') return 'stop';
    if (f.optional) {
      const present = there < 0;
      there <<= 1;
      if (!present) continue;
    }
    const part = begin(f, into);
    if ((f.open ? readOpen(r, f, f.type, part, into !== null) : read(r, f.type, part)) === 'bad') return 'bad';
  }
  return extended && t.more ? readExtensions(r, t.more, into) : 'ok';
}

function readExtensions(r: Reader, more: readonly Field[], into: Found | null): Outcome {
  if (r.lacks(0, 7)) return 'bad';
  const count = r.bits(7) + 1;
  if (count > 32 || r.lacks(0, count)) return 'bad';
  const there = r.bitmap(count);
  r.align();
  for (let i = 0; i < count; i++) {
    const f = more.at(i);
    if (f?.type === 'unread') return 'stop';
    // Of extensions that came after its time each is taken to be there.
    if (f && there << i >= 0) continue;
    if (readOpen(r, f ?? NEWER, f?.type ?? 'jumped', f ? begin(f, into) : null, into !== null) === 'bad') return 'bad';
  }
  return 'ok';
}
const NEWER: Item = { type: 'jumped', optional: true, kept: false, open: true };

/** decode_seqof, with a count in the general form. */
function readList(r: Reader, t: Extract<Type, { kind: 'list' }>, into: Found | null): Outcome {
  r.align();
  if (r.lacks(2, 0)) return 'bad';
  const { of } = t;
  const count = r.length();
  for (let i = 0; i < count; i++) {
    const part = into && i < t.most ? new Found() : null;
    if (part) into?.items.push(part);
    const kept = of.kept ? part : null;
    if (of.open) {
      r.align();
      if (readOpen(r, of, of.type, kept, into !== null) === 'bad') return 'bad';
    } else if (typeof of.type === 'string' || read(r, of.type, kept) === 'bad') return 'bad';
  }
  return 'ok';
}

/** decode_choice */
function readChoice(r: Reader, t: Extract<Type, { kind: 'choice' }>, into: Found | null): Outcome {
  if (r.lacks(0, 1)) return 'bad';
  const extended = t.more !== null && r.bits(1) === 1;
  const bits = extended ? 7 : t.bits;
  if (r.lacks(0, bits)) return 'bad';
  const index = r.bits(bits);
  const f = (extended ? t.more : t.root)?.at(index);
  if (!f) {
    if (!extended) return 'bad';
    r.align();
    return readOpen(r, NEWER, 'jumped', null, false);
  }
  const part = begin(f, into);
  if (f.type === 'unread') return 'stop';
  if (!extended) return f.type === 'jumped' || read(r, f.type, part) === 'bad' ? 'bad' : 'ok';
  r.align();
  if (r.lacks(0, 0)) return 'bad';
  const length = r.length();
  if (r.lacks(length, 0)) return 'bad';
  const end = r.at + length;
  if (part && f.type !== 'jumped' && read(r, f.type, part) === 'bad') return 'bad';
  r.at = end;
  r.bit = 0;
  return 'ok';
}

function read(r: Reader, t: Type, into: Found | null): Outcome {
  switch (t.kind) {
    case 'null':
      return 'ok';
    case 'boolean':
      r.skip(1);
      return r.past;
    case 'oid':
      r.align();
      if (r.lacks(1, 0)) return 'bad';
      r.pass(r.byte());
      return r.past;
    case 'integer':
      return readInteger(r, t, into);
    case 'bits':
      return readBits(r, t.size);
    case 'digits':
    case 'bmp': {
      const length = readLength(r, t.size, t.least);
      if (length < 0) return 'bad';
      r.skip(t.kind === 'digits' ? length << 2 : length << 4);
      return r.past;
    }
    case 'octets':
      return readOctets(r, t, into);
    case 'list':
      return readList(r, t, into);
    case 'sequence':
      return readSequence(r, t, into);
    case 'choice':
      return readChoice(r, t, into);
  }
}

/** What is wanted of the message in these bytes; null: it cannot be read. Addresses are found by their place in `b`. */
export function decode(b: Uint8Array, from: number, end: number, t: Type): Found | null {
  const found = new Found();
  return read(new Reader(b, from, end), t, found) === 'bad' ? null : found;
}
