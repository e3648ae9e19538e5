import { recordExpires, recordHash, recordLength } from './record.ts';

const CHUNK = 1 << 20;
/** Dead bytes that are worth copying the living away from. */
const MANY_DEAD = 16 << 20;
const TOMBSTONE = -1;

/**
 * Connections as records (record.ts) with an index over the hashes of both directions: open addressing over numbers. A record's
 * number stays the same while it lives; its bytes may move.
 */
export class ColdStore {
  #chunks: Uint8Array[] = [];
  #open: Uint8Array | null = null;
  #end = 0;
  #chunkOf = new Int32Array(1024);
  #offsetOf = new Int32Array(1024);
  /** Numbers given out so far; those of dead records wait in #free. */
  #numbers = 0;
  #free: number[] = [];
  /** 0: empty; else 2 × number + direction + 1. */
  #index = new Int32Array(4096);
  #filled = 0;
  #dead = 0;
  #alive = 0;
  size = 0;
  /** No record runs out before. */
  earliest = Number.POSITIVE_INFINITY;

  bytes(n: number): Uint8Array {
    return this.#chunks[this.#chunkOf[n]];
  }
  offset(n: number): number {
    return this.#offsetOf[n];
  }

  /** Takes in records that lie one after the other in bytes that stay as they are. */
  adopt(bytes: Uint8Array, from: number): void {
    const chunk = this.#chunks.push(bytes) - 1;
    for (let o = from; o < bytes.length; o += recordLength(bytes, o)) this.#add(chunk, o);
  }

  /** Takes in a copy of one record. */
  put(record: Uint8Array): void {
    const [chunk, o] = this.#store(record);
    this.#add(chunk, o);
  }

  #store(record: Uint8Array): readonly [chunk: number, offset: number] {
    if (!this.#open || this.#end + record.length > CHUNK) {
      this.#open = new Uint8Array(CHUNK);
      this.#chunks.push(this.#open);
      this.#end = 0;
    }
    const o = this.#end;
    this.#open.set(record, o);
    this.#end += record.length;
    return [this.#chunks.lastIndexOf(this.#open), o];
  }

  #add(chunk: number, o: number): void {
    const n = this.#free.pop() ?? this.#numbers++;
    if (n >= this.#chunkOf.length) {
      this.#chunkOf = grown(this.#chunkOf);
      this.#offsetOf = grown(this.#offsetOf);
    }
    this.#chunkOf[n] = chunk;
    this.#offsetOf[n] = o;
    this.size++;
    const bytes = this.#chunks[chunk];
    this.#alive += recordLength(bytes, o);
    this.earliest = Math.min(this.earliest, recordExpires(bytes, o));
    if ((this.#filled + 2) * 2 > this.#index.length) this.#reindex();
    this.#enter(recordHash(bytes, o, 0), 2 * n + 1);
    this.#enter(recordHash(bytes, o, 1), 2 * n + 2);
  }

  #enter(hash: number, value: number): void {
    const mask = this.#index.length - 1;
    let at = hash & mask;
    while (this.#index[at] > 0) at = (at + 1) & mask;
    if (this.#index[at] === 0) this.#filled++;
    this.#index[at] = value;
  }

  #reindex(): void {
    const old = this.#index;
    this.#index = new Int32Array(this.size * 8 > old.length ? old.length * 2 : old.length);
    this.#filled = 0;
    for (const v of old) if (v > 0) this.#enter(this.#hashOf(v), v);
  }

  #hashOf(value: number): number {
    const n = (value - 1) >> 1;
    return recordHash(this.bytes(n), this.#offsetOf[n], ((value - 1) & 1) as 0 | 1);
  }

  /** The first record with this hash in a direction that passes the test: 2 × its number + the direction; -1: none. */
  find(hash: number, test: (n: number, dir: 0 | 1) => boolean): number {
    if (this.size === 0) return -1;
    const mask = this.#index.length - 1;
    for (let at = hash & mask; this.#index[at] !== 0; at = (at + 1) & mask) {
      const v = this.#index[at];
      if (v > 0 && this.#hashOf(v) === hash && test((v - 1) >> 1, ((v - 1) & 1) as 0 | 1)) return v - 1;
    }
    return -1;
  }

  remove(n: number): void {
    const bytes = this.bytes(n),
      o = this.#offsetOf[n];
    for (const dir of [0, 1] as const) this.#forget(recordHash(bytes, o, dir), 2 * n + dir + 1);
    this.#dead += recordLength(bytes, o);
    this.#alive -= recordLength(bytes, o);
    this.#chunkOf[n] = -1;
    this.#free.push(n);
    this.size--;
    if (this.size === 0) this.clear();
    else if (this.#dead > MANY_DEAD && this.#dead > this.#alive) this.#compact();
  }

  #forget(hash: number, value: number): void {
    const mask = this.#index.length - 1;
    let at = hash & mask;
    while (this.#index[at] !== value) at = (at + 1) & mask;
    this.#index[at] = TOMBSTONE;
  }

  #compact(): void {
    const from = this.#chunks;
    this.#chunks = [];
    this.#open = null;
    this.#dead = 0;
    for (let n = 0; n < this.#numbers; n++) {
      if (this.#chunkOf[n] < 0) continue;
      const bytes = from[this.#chunkOf[n]],
        o = this.#offsetOf[n];
      [this.#chunkOf[n], this.#offsetOf[n]] = this.#store(bytes.subarray(o, o + recordLength(bytes, o)));
    }
  }

  /** The numbers of the living, as they are now. */
  *numbers(): Generator<number> {
    for (let n = 0; n < this.#numbers; n++) if (this.#chunkOf[n] >= 0) yield n;
  }

  clear(): void {
    this.#chunks = [];
    this.#open = null;
    this.#chunkOf = new Int32Array(1024);
    this.#offsetOf = new Int32Array(1024);
    this.#numbers = this.#filled = this.#dead = this.#alive = this.size = 0;
    this.#free = [];
    this.#index = new Int32Array(4096);
    this.earliest = Number.POSITIVE_INFINITY;
  }
}

function grown(a: Int32Array): Int32Array<ArrayBuffer> {
  const out = new Int32Array(a.length * 2);
  out.set(a);
  return out;
}
