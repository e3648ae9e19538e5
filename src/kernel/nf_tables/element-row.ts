import type { SetElement } from './objects.ts';

const PLAIN_FLAGS = Object.freeze({ intervalEnd: false, catchall: false });
const END_FLAGS = Object.freeze({ intervalEnd: true, catchall: false });
const NO_EXPRS = Object.freeze([]);
/** What an element that is but a key has. */
const PLAIN: ReadonlySet<string> = new Set(['key', 'flags', 'exprs', 'id']);

function isPlain(e: SetElement): boolean {
  if (e.exprs.length) return false;
  for (const k in e) if (!PLAIN.has(k)) return false;
  return true;
}

/** An element that is but its key, of any length. */
export const plainElement = (key: Uint8Array, intervalEnd: boolean, id: number): SetElement =>
  Object.freeze({ key, flags: intervalEnd ? END_FLAGS : PLAIN_FLAGS, exprs: NO_EXPRS, id });

/** Keys side by side, as a batch brings many at once: `ends` says of each whether an interval ends before it. */
export interface Keys {
  readonly width: number;
  readonly count: number;
  readonly keys: Uint8Array;
  readonly ends: Uint8Array;
}

export function sameBytes(a: Uint8Array, at: number, b: Uint8Array, from: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (a[at + i] !== b[from + i]) return false;
  return true;
}

/** memcmp */
export function compareAt(a: Uint8Array, at: number, b: Uint8Array, from: number, width: number): number {
  for (let i = 0; i < width; i++) if (a[at + i] !== b[from + i]) return a[at + i] - b[from + i];
  return 0;
}

const LEAST = 4;

/**
 * Elements of a set in a row: bytes of their keys, and numbers. Only of those that are more than a key there are objects,
 * so that a million addresses take 9 bytes each.
 */
export class ElementRow implements Keys {
  readonly width: number;
  count = 0;
  keys: Uint8Array;
  ids: Uint32Array;
  ends: Uint8Array;
  /** By number: elements that are more than a key. */
  readonly rich: Map<number, SetElement>;

  constructor(width: number, room = LEAST, rich = new Map<number, SetElement>()) {
    this.width = width;
    this.keys = new Uint8Array(room * width);
    this.ids = new Uint32Array(room);
    this.ends = new Uint8Array(room);
    this.rich = rich;
  }

  /** Makes room for `more` at the end. */
  reserve(more: number): void {
    const wanted = this.count + more;
    if (wanted <= this.ids.length) return;
    const room = Math.max(wanted, this.ids.length * 2);
    const larger = <T extends Uint8Array | Uint32Array>(made: T, old: T): T => {
      made.set(old);
      return made;
    };
    this.keys = larger(new Uint8Array(room * this.width), this.keys);
    this.ids = larger(new Uint32Array(room), this.ids);
    this.ends = larger(new Uint8Array(room), this.ends);
  }

  #open(at: number): void {
    this.reserve(1);
    if (at < this.count) {
      const { width, count } = this;
      this.keys.copyWithin((at + 1) * width, at * width, count * width);
      this.ids.copyWithin(at + 1, at, count);
      this.ends.copyWithin(at + 1, at, count);
    }
    this.count++;
  }

  insert(at: number, e: SetElement): void {
    this.#open(at);
    this.set(at, e);
  }

  set(at: number, e: SetElement): void {
    this.keys.set(e.key, at * this.width);
    this.ids[at] = e.id;
    this.ends[at] = e.flags.intervalEnd ? 1 : 0;
    if (isPlain(e)) this.rich.delete(e.id);
    else this.rich.set(e.id, e);
  }

  /** Takes those from `at` up to `to` out. */
  remove(at: number, to = at + 1): void {
    const { width, count } = this;
    for (let i = at; i < to; i++) this.rich.delete(this.ids[i]);
    this.keys.copyWithin(at * width, to * width, count * width);
    this.ids.copyWithin(at, to, count);
    this.ends.copyWithin(at, to, count);
    this.count -= to - at;
  }

  /** Element `i` of some keys, under a number, at the end. */
  push(from: Keys, i: number, id: number): void {
    const { width, count } = this;
    for (let k = 0; k < width; k++) this.keys[count * width + k] = from.keys[i * width + k];
    this.ids[count] = id;
    this.ends[count] = from.ends[i];
    this.count++;
  }

  /** A new object each time where it is but a key. */
  element(at: number): SetElement {
    const id = this.ids[at];
    return this.rich.get(id) ?? plainElement(this.keys.slice(at * this.width, (at + 1) * this.width), this.ends[at] === 1, id);
  }

  /** Its bytes: a line with the count, the keys, the numbers, and a byte each for ends. */
  bytes(): Uint8Array {
    const { width, count } = this;
    const head = new TextEncoder().encode(`=${count}\n`);
    const out = new Uint8Array(head.length + count * (width + 5));
    out.set(head);
    out.set(this.keys.subarray(0, count * width), head.length);
    out.set(new Uint8Array(this.ids.buffer, 0, count * 4), head.length + count * width);
    out.set(this.ends.subarray(0, count), head.length + count * (width + 4));
    return out;
  }

  /** The same from `bytes`, and where they end. */
  static read(width: number, bytes: Uint8Array): { readonly row: ElementRow; readonly end: number } {
    const start = bytes.indexOf(10) + 1,
      count = Number(new TextDecoder().decode(bytes.subarray(1, start - 1)));
    const row = new ElementRow(width, 0);
    const ids = start + count * width,
      ends = ids + count * 4;
    row.count = count;
    row.keys = bytes.slice(start, ids);
    row.ids = new Uint32Array(bytes.slice(ids, ends).buffer);
    row.ends = bytes.slice(ends, ends + count);
    return { row, end: ends + count };
  }
}
