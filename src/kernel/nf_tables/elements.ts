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
  catchall: SetElement | null = null;
  /** Host milliseconds before which nothing expires. */
  #nextExpiry = Infinity;
  now: () => number;
  /** Counts changes of the membership. */
  version = 0;

  constructor(now: () => number) {
    this.now = now;
  }

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
    this.#watch(element);
    return null;
  }

  remove(element: SetElement): void {
    this.version++;
    if (element === this.catchall) this.catchall = null;
    else this.take(element);
  }

  /** Puts back what was there, or its changed version: no overlap check. */
  restore(element: SetElement): void {
    this.version++;
    if (element.flags.catchall) this.catchall = element;
    else this.put(element);
    this.#watch(element);
  }

  #watch(element: SetElement): void {
    if (element.expiresAt !== undefined && element.expiresAt < this.#nextExpiry) this.#nextExpiry = element.expiresAt;
  }

  /** nft_*_gc; the kernel also ignores what has expired and is not collected yet. */
  sweep(): void {
    const now = this.now();
    if (now < this.#nextExpiry) return;
    this.version++;
    const gone: SetElement[] = [];
    let next = Infinity;
    for (const e of this.all()) {
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

/** net/netfilter/nft_set_hash.c */
class HashElements extends ElementStore {
  readonly #map = new Map<string, SetElement>();
  get count(): number {
    return this.#map.size;
  }
  protected put(e: SetElement): void {
    this.#map.set(keyText(e.key), e);
  }
  protected take(e: SetElement): void {
    this.#map.delete(keyText(e.key));
  }
  protected all(): Iterable<SetElement> {
    return this.#map.values();
  }
  protected exact(key: Uint8Array): SetElement | null {
    return this.#map.get(keyText(key)) ?? null;
  }
  protected hit(key: Uint8Array): SetElement | null {
    return this.#map.get(keyText(key)) ?? null;
  }
  protected clash(e: SetElement): Clash | null {
    const element = this.#map.get(keyText(e.key));
    return element ? { element, same: true } : null;
  }
  empty(): void {
    this.#map.clear();
    this.catchall = null;
  }
}

/** net/netfilter/nft_set_rbtree.c: starts and ends of intervals are elements of their own, ends sorting before starts. */
class TreeElements extends ElementStore {
  #keys: string[] = [];
  #items: SetElement[] = [];
  get count(): number {
    return this.#items.length;
  }

  /** Index of the first element that is not below (key, end?). */
  #position(key: string, start: boolean): number {
    const keys = this.#keys;
    let low = 0,
      high = keys.length;
    if (high && keys[high - 1] < key) return high;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (keys[mid] < key || (start && keys[mid] === key && this.#items[mid].flags.intervalEnd)) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  protected put(e: SetElement): void {
    const key = keyText(e.key),
      at = this.#position(key, !e.flags.intervalEnd);
    if (at === this.#keys.length) {
      this.#keys.push(key);
      this.#items.push(e);
      return;
    }
    const found = this.#keys[at] === key && this.#items[at].flags.intervalEnd === e.flags.intervalEnd;
    this.#keys.splice(at, found ? 1 : 0, key);
    this.#items.splice(at, found ? 1 : 0, e);
  }

  protected take(e: SetElement): void {
    let at = this.#position(keyText(e.key), !e.flags.intervalEnd);
    if (this.#items[at]?.id !== e.id) at = this.#items.findIndex((x) => x.id === e.id);
    if (at < 0) return;
    this.#keys.splice(at, 1);
    this.#items.splice(at, 1);
  }

  /** From the highest down, as nft_rbtree_walk goes. */
  protected all(): Iterable<SetElement> {
    return this.#items.toReversed();
  }

  protected exact(key: Uint8Array, _end: Uint8Array | undefined, intervalEnd: boolean): SetElement | null {
    const text = keyText(key),
      at = this.#position(text, !intervalEnd);
    return this.#keys[at] === text && this.#items[at].flags.intervalEnd === intervalEnd ? this.#items[at] : null;
  }

  protected hit(key: Uint8Array): SetElement | null {
    const text = keyText(key);
    let at = this.#position(text, true);
    if (this.#keys[at] !== text) at--;
    const e = this.#items[at];
    return e && !e.flags.intervalEnd ? e : null;
  }

  /** __nft_rbtree_insert: the closest elements on both sides decide. */
  protected clash(e: SetElement, anonymous: boolean): Clash | null {
    const key = keyText(e.key),
      isEnd = e.flags.intervalEnd;
    const low = this.#position(key, false);
    let high = low;
    while (this.#keys[high] === key) high++;
    const equal = this.#items.slice(low, high);
    const above = equal.find((x) => !x.flags.intervalEnd) ?? this.#items[high];
    const endHere = equal.find((x) => x.flags.intervalEnd);
    const below = endHere ?? this.#items[low - 1];
    const same = isEnd ? endHere : equal.find((x) => !x.flags.intervalEnd);
    if (same) return { element: same, same: true };
    if (!anonymous && below && !below.flags.intervalEnd && !isEnd) return { element: below, same: false };
    if (below?.flags.intervalEnd && isEnd) return { element: below, same: false };
    if (above?.flags.intervalEnd && isEnd) return { element: above, same: false };
    return null;
  }

  empty(): void {
    this.#keys = [];
    this.#items = [];
    this.catchall = null;
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
    return this.#map.size;
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

export function makeElements(backend: 'hash' | 'rbtree' | 'pipapo', fieldLens: readonly number[], now: () => number): ElementStore {
  if (backend === 'rbtree') return new TreeElements(now);
  return backend === 'pipapo' ? new PipapoElements(now, fieldLens) : new HashElements(now);
}
