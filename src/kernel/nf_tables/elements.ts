import { fromText, toLine } from '../net/plain-text.ts';
import { compareAt, ElementRow, type Keys, sameBytes } from './element-row.ts';
import type { NftSet, SetElement, SetElements } from './objects.ts';

/** memcmp-ordered text of bytes: one UTF-16 unit a byte. */
export function keyText(bytes: Uint8Array): string {
  const n = bytes.length;
  // a flat string at once: joined ones are flattened when they are hashed or compared
  if (n === 4) return String.fromCharCode(bytes[0], bytes[1], bytes[2], bytes[3]);
  if (n === 2) return String.fromCharCode(bytes[0], bytes[1]);
  if (n === 16) return String.fromCharCode(...bytes);
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** What an insertion met: `same` is the element itself (EEXIST), otherwise a partial overlap (ENOTEMPTY). */
export interface Clash {
  readonly element: SetElement;
  readonly same: boolean;
}

/** The backend that nft_select_set_ops chooses, as far as behaviour differs; null: none fits (EOPNOTSUPP). */
export function backendOf(flags: NftSet['flags'], fieldLens: readonly number[]): 'hash' | 'rbtree' | 'pipapo' | null {
  if (!flags.interval) return 'hash';
  if (flags.eval) return null;
  return flags.concat && fieldLens.length > 1 ? 'pipapo' : 'rbtree';
}

/**
 * Elements of one set. Live: packets add to it (dynset) and time takes from it, so it is shared by all versions of its
 * set; a batch that fails undoes its own insertions (the kernel's genmask does the same).
 */
export abstract class ElementStore implements SetElements {
  #catchall: SetElement | null = null;
  /** Host milliseconds before which nothing expires. */
  #nextExpiry = Infinity;
  now: () => number;
  /** Counts changes of the membership. */
  version = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** As it lies in the state, until somebody looks. */
  #source: (() => Uint8Array) | null = null;

  abstract readonly count: number;
  protected abstract put(element: SetElement): void;
  protected abstract take(element: SetElement): void;
  protected abstract all(): Iterable<SetElement>;
  /** The element with exactly this key, as a control message names it. */
  protected abstract exact(key: Uint8Array, keyEnd: Uint8Array | undefined, intervalEnd: boolean): SetElement | null;
  protected abstract clash(element: SetElement, anonymous: boolean): Clash | null;
  /** The element that a packet's key hits. */
  protected abstract hit(key: Uint8Array): SetElement | null;
  abstract empty(): void;
  /** Inserts keys of which none meets another, and gives what undoes it; null, and nothing done: they have to go one by one. */
  protected many(_keys: Keys, _id: () => number): (() => void) | null {
    return null;
  }
  protected abstract rich(): Iterable<SetElement>;
  /** Its elements as bytes. */
  abstract stored(): Uint8Array;
  protected abstract read(bytes: Uint8Array): void;

  /** Elements of the state, in bytes that `stored` gave; read when first wanted. */
  attach(source: () => Uint8Array): void {
    this.#source = source;
  }
  /** Nobody has looked at it since it was attached. */
  get closed(): boolean {
    return this.#source !== null;
  }
  protected open(): void {
    if (!this.#source) return;
    const bytes = this.#source();
    this.#source = null;
    if (bytes.length) this.read(bytes);
  }

  /** All elements, where each is but its key: of intervals in order. */
  get plainKeys(): Keys | null {
    return null;
  }
  /** How many elements begin something: all but ends of intervals. */
  get starts(): number {
    return this.count;
  }
  /** Does an interval from `low` up to before `after` (null: to the end of numbers) meet another than itself? */
  meets(_low: Uint8Array, _after: Uint8Array | null): boolean {
    return true;
  }

  insertMany(keys: Keys, id: () => number): (() => void) | null {
    this.sweep();
    const undo = this.many(keys, id);
    if (undo) this.version++;
    return (
      undo &&
      (() => {
        this.version++;
        undo();
      })
    );
  }

  get catchall(): SetElement | null {
    this.open();
    return this.#catchall;
  }
  set catchall(element: SetElement | null) {
    this.#catchall = element;
  }

  get size(): number {
    this.sweep();
    return this.count + (this.catchall ? 1 : 0);
  }

  *[Symbol.iterator](): Iterator<SetElement> {
    this.sweep();
    yield* this.all();
    if (this.catchall) yield this.catchall;
  }

  find(key: Uint8Array, keyEnd: Uint8Array | undefined, flags: SetElement['flags']): SetElement | null {
    this.sweep();
    return flags.catchall ? this.catchall : this.exact(key, keyEnd, flags.intervalEnd);
  }

  lookup(key: Uint8Array): SetElement | null {
    this.sweep();
    return this.hit(key) ?? this.catchall;
  }

  insert(element: SetElement, anonymous: boolean): Clash | null {
    this.sweep();
    this.version++;
    if (element.flags.catchall) {
      if (this.catchall) return { element: this.catchall, same: true };
      this.catchall = element;
    } else {
      const clash = this.clash(element, anonymous);
      if (clash) return clash;
      this.put(element);
    }
    this.watch(element);
    return null;
  }

  remove(element: SetElement): void {
    this.open();
    this.version++;
    if (element === this.catchall) this.catchall = null;
    else this.take(element);
  }

  /** Puts back what was there, or its changed version: no overlap check. */
  restore(element: SetElement): void {
    this.open();
    this.version++;
    this.place(element);
  }

  protected place(element: SetElement): void {
    if (element.flags.catchall) this.catchall = element;
    else this.put(element);
    this.watch(element);
  }

  protected watch(element: SetElement): void {
    if (element.expiresAt !== undefined && element.expiresAt < this.#nextExpiry) this.#nextExpiry = element.expiresAt;
  }

  /** nft_*_gc; the kernel also ignores what has expired and is not collected yet. */
  sweep(): void {
    this.open();
    const now = this.now();
    if (now < this.#nextExpiry) return;
    this.version++;
    const gone: SetElement[] = [];
    let next = Infinity;
    for (const e of this.rich()) {
      if (e.expiresAt === undefined) continue;
      if (e.expiresAt <= now) gone.push(e);
      else if (e.expiresAt < next) next = e.expiresAt;
    }
    const c = this.catchall;
    if (c?.expiresAt !== undefined) {
      if (c.expiresAt <= now) this.catchall = null;
      else next = Math.min(next, c.expiresAt);
    }
    this.#nextExpiry = next;
    for (const e of gone) this.take(e);
  }
}

/** Elements that lie in a row. */
abstract class RowElements extends ElementStore {
  protected row: ElementRow;
  /** Plain elements that packets met, by number. */
  readonly #met = new Map<number, SetElement>();

  constructor(now: () => number, width: number) {
    super(now);
    this.row = new ElementRow(width);
  }

  protected override rich(): Iterable<SetElement> {
    return this.row.rich.values();
  }

  override get plainKeys(): Keys | null {
    return this.catchall || this.row.rich.size ? null : this.inOrder();
  }

  protected met(at: number): SetElement {
    const id = this.row.ids[at];
    let e = this.row.rich.get(id) ?? this.#met.get(id);
    if (!e) this.#met.set(id, (e = this.row.element(at)));
    return e;
  }

  protected forget(id: number): void {
    this.#met.delete(id);
  }

  protected makeEmpty(): void {
    this.row = new ElementRow(this.row.width);
    this.#met.clear();
    this.catchall = null;
  }

  override stored(): Uint8Array {
    this.open();
    const row = this.inOrder();
    const others = [...row.rich.values(), ...(this.catchall ? [this.catchall] : [])];
    const bytes = row.bytes();
    if (!others.length) return bytes;
    const text = new TextEncoder().encode(others.map((e) => `${toLine(e)}\n`).join(''));
    const out = new Uint8Array(bytes.length + text.length);
    out.set(bytes);
    out.set(text, bytes.length);
    return out;
  }

  protected override read(bytes: Uint8Array): void {
    const { row, end } = ElementRow.read(this.row.width, bytes);
    this.adopt(row);
    for (const line of new TextDecoder().decode(bytes.subarray(end)).split('\n')) {
      if (!line) continue;
      const e = Object.freeze(fromText(line) as SetElement);
      if (e.flags.catchall) this.place(e);
      else {
        row.rich.set(e.id, e);
        this.watch(e);
      }
    }
  }

  /** The row without gaps. */
  protected abstract inOrder(): ElementRow;
  protected abstract adopt(row: ElementRow): void;
}

/** net/netfilter/nft_set_hash.c: open addressing over the row, in which what was removed leaves a gap (number 0) for a while. */
class HashElements extends RowElements {
  #index = new Int32Array(8);
  #gaps = 0;

  get count(): number {
    this.open();
    return this.row.count - this.#gaps;
  }

  /** Where a key stands in the row; -1 and where its place in the index would be. */
  #find(keys: Uint8Array, from: number): number {
    const { row } = this,
      { width } = row,
      mask = this.#index.length - 1;
    let hash = 0;
    for (let i = from; i < from + width; i++) hash = Math.imul(hash ^ keys[i], 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const at = this.#index[slot] - 1;
      if (at < 0) {
        this.#free = slot;
        return -1;
      }
      if (row.ids[at] !== 0 && sameBytes(row.keys, at * width, keys, from, width)) return at;
    }
  }
  #free = 0;

  /** Room in the index for so many. */
  #grow(count: number): void {
    if (count * 2 > this.#index.length) this.#rebuild(count);
  }

  #rebuild(count: number): void {
    const { row } = this;
    if (this.#gaps) {
      const whole = new ElementRow(row.width, row.count, row.rich);
      for (let i = 0; i < row.count; i++) if (row.ids[i]) whole.push(row, i, row.ids[i]);
      this.row = whole;
      this.#gaps = 0;
    }
    let size = 8;
    while (size < count * 2) size *= 2;
    this.#index = new Int32Array(size * 2);
    for (let i = 0; i < this.row.count; i++) {
      this.#find(this.row.keys, i * row.width);
      this.#index[this.#free] = i + 1;
    }
  }

  protected put(e: SetElement): void {
    const at = this.#find(e.key, 0);
    if (at >= 0) {
      this.forget(this.row.ids[at]);
      this.row.set(at, e);
      return;
    }
    this.row.insert(this.row.count, e);
    this.#index[this.#free] = this.row.count;
    this.#grow(this.row.count);
  }
  protected take(e: SetElement): void {
    const at = this.#find(e.key, 0);
    if (at >= 0) this.#leave(at);
  }
  #leave(at: number): void {
    const { row } = this;
    this.forget(row.ids[at]);
    row.rich.delete(row.ids[at]);
    row.ids[at] = 0;
    this.#gaps++;
    if (this.#gaps > 64 && this.#gaps * 2 > row.count) this.#rebuild(row.count - this.#gaps);
  }
  protected *all(): Iterable<SetElement> {
    const { row } = this;
    for (let i = 0; i < row.count; i++) if (row.ids[i]) yield row.element(i);
  }
  protected exact(key: Uint8Array): SetElement | null {
    const at = key.length === this.row.width ? this.#find(key, 0) : -1;
    return at < 0 ? null : this.met(at);
  }
  protected hit(key: Uint8Array): SetElement | null {
    return this.exact(key);
  }
  protected clash(e: SetElement): Clash | null {
    const element = this.exact(e.key);
    return element ? { element, same: true } : null;
  }

  protected override many(keys: Keys, id: () => number): (() => void) | null {
    let first = 0,
      last = -1;
    const undo = (): void => {
      const { row } = this;
      for (let i = 0; i < row.count; i++) {
        if (row.ids[i] < first || row.ids[i] > last || row.ids[i] === 0) continue;
        row.ids[i] = 0;
        this.#gaps++;
      }
      this.#rebuild(row.count - this.#gaps);
    };
    this.row.reserve(keys.count);
    this.#grow(this.row.count + keys.count);
    for (let i = 0; i < keys.count; i++) {
      if (this.#find(keys.keys, i * keys.width) >= 0) {
        undo();
        return null;
      }
      last = id();
      first ||= last;
      this.row.push(keys, i, last);
      this.#index[this.#free] = this.row.count;
    }
    return undo;
  }

  protected inOrder(): ElementRow {
    if (this.#gaps) this.#rebuild(this.row.count - this.#gaps);
    return this.row;
  }
  protected adopt(row: ElementRow): void {
    this.row = row;
    this.#gaps = 0;
    this.#rebuild(row.count);
  }

  empty(): void {
    this.makeEmpty();
    this.#index = new Int32Array(8);
    this.#gaps = 0;
  }
}

/** net/netfilter/nft_set_rbtree.c: starts and ends of intervals are elements of their own, ends sorting before starts. */
class TreeElements extends RowElements {
  get count(): number {
    this.open();
    return this.row.count;
  }

  /** Index of the first element that is not below (key, end?). */
  #position(key: Uint8Array, start: boolean, from = 0): number {
    const { row } = this,
      { keys, width, ends } = row;
    let low = 0,
      high = row.count;
    const below = (at: number): boolean => {
      const order = compareAt(keys, at * width, key, from, width);
      return order < 0 || (order === 0 && start && ends[at] === 1);
    };
    if (high && below(high - 1)) return high;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (below(mid)) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  #is(at: number, key: Uint8Array): boolean {
    const { row } = this;
    return at >= 0 && at < row.count && sameBytes(row.keys, at * row.width, key, 0, row.width);
  }

  protected put(e: SetElement): void {
    const at = this.#position(e.key, !e.flags.intervalEnd);
    if (this.#is(at, e.key) && (this.row.ends[at] === 1) === e.flags.intervalEnd) {
      this.forget(this.row.ids[at]);
      this.row.set(at, e);
    } else this.row.insert(at, e);
  }

  protected take(e: SetElement): void {
    let at = this.#position(e.key, !e.flags.intervalEnd);
    if (this.row.ids[at] !== e.id) at = this.row.ids.subarray(0, this.row.count).indexOf(e.id);
    if (at < 0) return;
    this.forget(e.id);
    this.row.remove(at);
  }

  /** From the highest down, as nft_rbtree_walk goes. */
  protected *all(): Iterable<SetElement> {
    const { row } = this;
    for (let i = row.count - 1; i >= 0; i--) yield row.element(i);
  }

  protected exact(key: Uint8Array, _end: Uint8Array | undefined, intervalEnd: boolean): SetElement | null {
    if (key.length !== this.row.width) return null;
    const at = this.#position(key, !intervalEnd);
    return this.#is(at, key) && (this.row.ends[at] === 1) === intervalEnd ? this.met(at) : null;
  }

  protected hit(key: Uint8Array): SetElement | null {
    let at = this.#position(key, true);
    if (!this.#is(at, key)) at--;
    return at >= 0 && this.row.ends[at] === 0 ? this.met(at) : null;
  }

  /** __nft_rbtree_insert: the closest elements on both sides decide. */
  protected clash(e: SetElement, anonymous: boolean): Clash | null {
    const { row } = this,
      isEnd = e.flags.intervalEnd;
    let at = this.#position(e.key, false);
    const endHere = this.#is(at, e.key) && row.ends[at] === 1 ? at++ : -1;
    const startHere = this.#is(at, e.key) ? at : -1;
    const same = isEnd ? endHere : startHere;
    if (same >= 0) return { element: row.element(same), same: true };
    const below = at - 1;
    const isStart = (i: number): boolean => i >= 0 && i < row.count && row.ends[i] === 0;
    const ends = (i: number): boolean => i >= 0 && i < row.count && row.ends[i] === 1;
    if (!anonymous && isStart(below) && !isEnd) return { element: row.element(below), same: false };
    if (ends(below) && isEnd) return { element: row.element(below), same: false };
    if (ends(at) && isEnd) return { element: row.element(at), same: false };
    return null;
  }

  /** Merged where starts and ends take turns also afterwards, each start with its own end. */
  protected override many(keys: Keys, id: () => number): (() => void) | null {
    const { row } = this,
      { width } = keys,
      merged = new ElementRow(width, row.count + keys.count, row.rich);
    let own = 0,
      i = 0;
    const order = (k: number): number => compareAt(row.keys, own * width, keys.keys, k * width, width) || row.ends[own] * -1 + keys.ends[k];
    while (i < keys.count) {
      if (own < row.count) {
        const o = order(i);
        if (o === 0) return null;
        if (o < 0) {
          merged.push(row, own, row.ids[own]);
          own++;
          continue;
        }
      }
      if (keys.ends[i] === 0 && own < row.count && (i + 1 === keys.count || order(i + 1) <= 0)) return null;
      merged.push(keys, i++, 0);
    }
    for (; own < row.count; own++) merged.push(row, own, row.ids[own]);
    for (let k = 1; k < merged.count; k++) if (merged.ends[k] === merged.ends[k - 1] || compareAt(merged.keys, (k - 1) * width, merged.keys, k * width, width) > 0) return null;
    for (let k = 0; k < merged.count; k++) if (merged.ids[k] === 0) merged.ids[k] = id();
    this.row = merged;
    return () => {
      this.row = row;
    };
  }

  override get starts(): number {
    this.open();
    let n = 0;
    for (let i = 0; i < this.row.count; i++) if (this.row.ends[i] === 0) n++;
    return n;
  }

  override meets(low: Uint8Array, after: Uint8Array | null): boolean {
    this.open();
    const { row } = this,
      at = this.#position(low, true);
    const next = at + 1 < row.count ? row.keys.subarray((at + 1) * row.width, (at + 2) * row.width) : null;
    if (this.#is(at, low)) return !(after && next ? row.ends[at + 1] === 1 && sameBytes(next, 0, after, 0, row.width) : after === next);
    if (at > 0 && row.ends[at - 1] === 0) return true;
    return at < row.count && (!after || compareAt(row.keys, at * row.width, after, 0, row.width) < 0);
  }

  protected inOrder(): ElementRow {
    return this.row;
  }
  protected adopt(row: ElementRow): void {
    this.row = row;
  }

  empty(): void {
    this.makeEmpty();
  }
}

/** net/netfilter/nft_set_pipapo.c: ranges in each field of a concatenation. */
class PipapoElements extends ElementStore {
  readonly #map = new Map<string, SetElement>();
  readonly #fieldLens: readonly number[];

  constructor(now: () => number, fieldLens: readonly number[]) {
    super(now);
    this.#fieldLens = fieldLens;
  }

  get count(): number {
    this.open();
    return this.#map.size;
  }
  protected rich(): Iterable<SetElement> {
    return this.#map.values();
  }
  stored(): Uint8Array {
    this.open();
    return new TextEncoder().encode([...this.#map.values(), ...(this.catchall ? [this.catchall] : [])].map((e) => `${toLine(e)}\n`).join(''));
  }
  protected read(bytes: Uint8Array): void {
    for (const line of new TextDecoder().decode(bytes).split('\n')) if (line) this.place(Object.freeze(fromText(line) as SetElement));
  }
  #name(key: Uint8Array, end: Uint8Array | undefined): string {
    return keyText(key) + keyText(end ?? key);
  }
  protected put(e: SetElement): void {
    this.#map.set(this.#name(e.key, e.keyEnd), e);
  }
  protected take(e: SetElement): void {
    this.#map.delete(this.#name(e.key, e.keyEnd));
  }
  protected all(): Iterable<SetElement> {
    return this.#map.values();
  }
  /** nft_pipapo_deactivate looks the lower end up as a packet's key: what contains it is meant. */
  protected exact(key: Uint8Array, end: Uint8Array | undefined): SetElement | null {
    return this.#map.get(this.#name(key, end)) ?? this.hit(key);
  }

  protected hit(key: Uint8Array): SetElement | null {
    for (const e of this.#map.values()) if (this.#covers(e, key)) return e;
    return null;
  }

  /** Each field within its range; fields are padded to whole registers. */
  #covers(e: SetElement, key: Uint8Array): boolean {
    const end = e.keyEnd ?? e.key;
    let at = 0;
    for (const len of this.#fieldLens) {
      if (compareBytes(key, e.key, at, len) < 0 || compareBytes(key, end, at, len) > 0) return false;
      at += (len + 3) & ~3;
    }
    return true;
  }

  protected clash(e: SetElement): Clash | null {
    const element = this.hit(e.key);
    if (element) return { element, same: this.#name(element.key, element.keyEnd) === this.#name(e.key, e.keyEnd) };
    const other = e.keyEnd ? this.hit(e.keyEnd) : null;
    return other ? { element: other, same: false } : null;
  }

  empty(): void {
    this.#map.clear();
    this.catchall = null;
  }
}

export function compareBytes(a: Uint8Array, b: Uint8Array, at: number, len: number): number {
  for (let i = at; i < at + len; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

export function makeElements(set: Pick<NftSet, 'flags' | 'fieldLens' | 'keyLen'>, now: () => number): ElementStore {
  switch (backendOf(set.flags, set.fieldLens)) {
    case 'rbtree':
      return new TreeElements(now, set.keyLen);
    case 'pipapo':
      return new PipapoElements(now, set.fieldLens);
    default:
      return new HashElements(now, set.keyLen);
  }
}
