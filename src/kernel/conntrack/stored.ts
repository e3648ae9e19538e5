import type { ColdStore } from './cold.ts';
import { recordExpires, recordLength, recordPlace } from './record.ts';
import { sameBytes } from './tuple.ts';

/** Where rows of a state are read from; empty where there is none. */
export interface RowSource {
  get(key: string): Uint8Array;
  /** Rows that were given to the state stay there; otherwise all that is there has to be given again. */
  readonly stays?: boolean;
}

/** Buckets a row of the index: a change of one is not to rewrite all. */
const PAGE = 512;
const indexKey = (page: number): string => `index ${page}`;
const STEP = 8;
const NOTHING = new Uint8Array();
const key = (bucket: number): string => `bucket ${bucket}`;

/** That a connection which is kept elsewhere has its reply tuple here. */
interface Pointer {
  readonly hash: number;
  readonly place: number;
}

/**
 * The connections of a state, in buckets by placeHash, each a row: pointers (their number, then hash of the reply tuple and place
 * of the connection, each 32 bits), then records. A bucket is read when something in it is looked for. Rows of their own say when
 * the first of each bucket runs out.
 */
export class StoredConnections {
  readonly #rows: RowSource;
  /** More connections than this a bucket, on average, and there are to be more buckets. */
  readonly #crowd: number;
  #earliest: Float64Array;
  readonly #loaded = new Set<number>();
  /** Buckets whose connections may be other than their rows say. */
  readonly #touched = new Set<number>();
  /** By the bucket that they lie in. */
  readonly #pointers = new Map<number, Pointer[]>();

  constructor(rows: RowSource, crowd: number) {
    this.#rows = rows;
    this.#crowd = crowd;
    const pages: Float64Array[] = [];
    for (let bytes = rows.get(indexKey(0)); bytes.length > 0; bytes = rows.get(indexKey(pages.length))) pages.push(new Float64Array(bytes.slice().buffer));
    this.#earliest = new Float64Array(pages.length === 0 ? 1 : pages.reduce((n, p) => n + p.length, 0)).fill(Number.POSITIVE_INFINITY);
    for (const [i, p] of pages.entries()) this.#earliest.set(p, i * PAGE);
  }

  bucket(place: number): number {
    return place & (this.#earliest.length - 1);
  }

  /** Brings the bucket of a place into memory. */
  load(place: number, cold: ColdStore): void {
    this.#load(this.bucket(place), cold);
  }

  #load(bucket: number, cold: ColdStore): void {
    if (this.#loaded.has(bucket)) return;
    this.#loaded.add(bucket);
    const { bytes, from, pointers } = this.#read(bucket);
    if (pointers.length > 0) this.#pointers.set(bucket, [...pointers]);
    if (from < bytes.length) cold.adopt(bytes, from);
  }

  #read(bucket: number): { readonly bytes: Uint8Array; readonly from: number; readonly pointers: readonly Pointer[] } {
    const bytes = this.#rows.get(key(bucket));
    if (bytes.length === 0) return { bytes, from: 0, pointers: [] };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const n = view.getUint32(0, true);
    const pointers = Array.from({ length: n }, (_, i): Pointer => ({ hash: view.getUint32(4 + 8 * i, true), place: view.getUint32(8 + 8 * i, true) }));
    return { bytes, from: 4 + 8 * n, pointers };
  }

  /** Brings in what the pointers of a place name for the hash of a tuple; whether there were any. */
  follow(place: number, hash: number, cold: ColdStore): boolean {
    let any = false;
    for (const p of this.#pointers.get(this.bucket(place)) ?? []) {
      if (p.hash !== hash) continue;
      this.load(p.place, cold);
      any = true;
    }
    return any;
  }

  loadAll(cold: ColdStore): void {
    for (let b = 0; b < this.#earliest.length; b++) this.#load(b, cold);
  }

  /** Brings in the buckets in which something has run out. */
  loadDue(now: number, cold: ColdStore): void {
    for (let b = 0; b < this.#earliest.length; b++) if (this.#earliest[b] <= now && !this.#loaded.has(b)) this.#load(b, cold);
  }

  /** Records of the buckets that are not in memory. */
  *unloaded(): Generator<readonly [bytes: Uint8Array, offset: number]> {
    for (let b = 0; b < this.#earliest.length; b++) {
      if (this.#loaded.has(b) || this.#earliest[b] === Number.POSITIVE_INFINITY) continue;
      const { bytes, from } = this.#read(b);
      for (let o = from; o < bytes.length; o += recordLength(bytes, o)) yield [bytes, o];
    }
  }

  touch(place: number): void {
    this.#touched.add(this.bucket(place));
  }

  touched(place: number): boolean {
    return this.#touched.has(this.bucket(place));
  }

  /** A connection at `place` came or went, the hash of whose reply is looked for at another place. */
  point(replyPlace: number, pointer: Pointer, there: boolean, cold: ColdStore): void {
    const bucket = this.bucket(replyPlace);
    if (bucket === this.bucket(pointer.place)) return;
    this.#load(bucket, cold);
    const list = this.#pointers.get(bucket) ?? [];
    const at = list.findIndex((p) => p.hash === pointer.hash && p.place === pointer.place);
    if (at >= 0 === there) return;
    if (there) list.push(pointer);
    else list.splice(at, 1);
    this.#pointers.set(bucket, list);
    this.#touched.add(bucket);
  }

  /** Everything is gone, or comes anew. */
  wipe(): void {
    for (let b = 0; b < this.#earliest.length; b++) {
      this.#loaded.add(b);
      this.#touched.add(b);
    }
    this.#pointers.clear();
  }

  crowded(count: number): boolean {
    return count > this.#crowd * this.#earliest.length;
  }

  /** Enough buckets for that many connections, all of which are in memory; their pointers are to be set again. */
  spread(count: number): void {
    let buckets = this.#earliest.length;
    while (count > this.#crowd * buckets) buckets *= STEP;
    this.#earliest = new Float64Array(buckets).fill(Number.POSITIVE_INFINITY);
    this.wipe();
  }

  /** What is in memory is forgotten: it has been given to the state. */
  unload(): void {
    this.#loaded.clear();
    this.#touched.clear();
    this.#pointers.clear();
  }

  /** The rows of the buckets that were touched; `records`: of all connections in memory. */
  *changes(records: Iterable<Uint8Array>): Generator<readonly [key: string, bytes: Uint8Array | null]> {
    if (this.#touched.size === 0) return;
    const contents = new Map<number, Uint8Array[]>();
    for (const b of this.#touched) contents.set(b, []);
    for (const r of records) contents.get(this.bucket(recordPlace(r, 0)))?.push(r);
    for (const [b, list] of contents) {
      this.#earliest[b] = list.reduce((first, r) => Math.min(first, recordExpires(r, 0)), Number.POSITIVE_INFINITY);
      const pointers = this.#pointers.get(b) ?? [];
      const row = list.length + pointers.length === 0 ? NOTHING : rowOf(pointers, list);
      if (!sameBytes(row, this.#rows.get(key(b)))) yield [key(b), row.length === 0 ? null : row];
    }
    this.#touched.clear();
    for (let at = 0; at < this.#earliest.length; at += PAGE) {
      const page = new Uint8Array(this.#earliest.slice(at, at + PAGE).buffer);
      if (!sameBytes(page, this.#rows.get(indexKey(at / PAGE)))) yield [indexKey(at / PAGE), page];
    }
  }
}

function rowOf(pointers: readonly Pointer[], records: readonly Uint8Array[]): Uint8Array {
  const head = 4 + 8 * pointers.length;
  const out = new Uint8Array(records.reduce((n, r) => n + r.length, head));
  const view = new DataView(out.buffer);
  view.setUint32(0, pointers.length, true);
  for (const [i, p] of pointers.entries()) {
    view.setUint32(4 + 8 * i, p.hash, true);
    view.setUint32(8 + 8 * i, p.place, true);
  }
  let at = head;
  for (const r of records) {
    out.set(r, at);
    at += r.length;
  }
  return out;
}
