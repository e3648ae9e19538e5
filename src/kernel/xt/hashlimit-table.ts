import { HZ } from '../clock.ts';
import type { HashlimitInfo } from './match/hashlimit.ts';

/** net/netfilter/xt_hashlimit.c, revision 3: the buckets of one named table. Times are jiffies. */
export const MODE = { DSTIP: 1, DSTPORT: 2, SRCIP: 4, SRCPORT: 8, INVERT: 16, BYTES: 32, RATE_MATCH: 64 } as const;
export const SCALE = 1000000n;

const CPJ_BYTES = 2n ** 24n;
/** POW2_BELOW64(MAX_CPJ_v2), MAX_CPJ = 2^64 / (HZ * 86400) */
const CPJ = 2n ** 39n;
const PER_SECOND = BigInt(HZ) * CPJ;

/** In 64 bits, which large bursts of slow rates overflow. */
export const user2credits = (user: bigint): bigint => BigInt.asUintN(64, user * (PER_SECOND / SCALE));
const user2creditsByte = (user: bigint): bigint => (user * BigInt(HZ) * CPJ_BYTES) >> 32n;
const user2rate = (user: bigint): bigint => (user === 0n ? 0n : SCALE / user);
const user2rateBytes = (user: bigint): bigint => ((user === 0n ? 0xffffffffn : 0xffffffffn / user) - 1n) << 4n;

const jiffies = (milliseconds: number): number => Math.floor((milliseconds * HZ) / 1000);

interface Bucket {
  prev: number;
  expires: number;
  credit: bigint;
  cap: bigint;
  cost: bigint;
  rate: bigint;
  burst: bigint;
  current: bigint;
  previousWindow: boolean;
}

export class HashlimitTable {
  /** The table's settings are those of the rule that made it. */
  readonly #cfg: HashlimitInfo;
  readonly #buckets = new Map<string, Bucket>();

  #created: number;

  constructor(cfg: HashlimitInfo, milliseconds: number) {
    this.#cfg = cfg;
    this.#created = jiffies(milliseconds);
  }

  static from(d: ReturnType<HashlimitTable['export']>): HashlimitTable {
    const table = new HashlimitTable(d.cfg, 0);
    table.#created = d.created;
    for (const [key, bucket] of d.buckets) table.#buckets.set(key, bucket);
    return table;
  }

  export(): { readonly cfg: HashlimitInfo; readonly created: number; readonly buckets: ReadonlyMap<string, Bucket> } {
    return { cfg: this.#cfg, created: this.#created, buckets: this.#buckets };
  }

  /** htable_gc: when the collector, which runs every gc_interval, last looked. Nothing here takes time, so a bucket as old as the table counts as younger. */
  #collectedAt(now: number): number {
    const interval = Math.max(1, Math.ceil((this.#cfg.gcInterval * HZ) / 1000));
    return this.#created + Math.floor((now - this.#created) / interval) * interval;
  }

  #make(now: number): Bucket {
    const { avg, burst, mode } = this.#cfg;
    const b: Bucket = { prev: now, expires: 0, credit: 0n, cap: 0n, cost: 0n, rate: 0n, burst: 0n, current: 0n, previousWindow: false };
    if (mode & MODE.RATE_MATCH) {
      b.rate = mode & MODE.BYTES ? user2rateBytes(avg) : user2rate(avg);
      b.burst = mode & MODE.BYTES ? (burst ? burst * b.rate : b.rate) : burst + b.rate;
    } else if (mode & MODE.BYTES) {
      b.credit = CPJ_BYTES * BigInt(HZ);
      b.cost = user2creditsByte(avg);
      b.cap = burst;
    } else {
      b.credit = user2credits(avg * burst);
      b.cost = user2credits(avg);
      b.cap = b.credit;
    }
    return b;
  }

  /** rateinfo_recalc */
  #recalculate(b: Bucket, now: number): void {
    const delta = now - b.prev;
    if (delta === 0) return;
    if (this.#cfg.mode & MODE.RATE_MATCH) {
      const interval = this.#cfg.interval * HZ;
      if (delta < interval) return;
      b.prev = now;
      b.previousWindow = b.current * BigInt(interval) > BigInt(delta) * b.rate;
      b.current = 0n;
      return;
    }
    b.prev = now;
    const bytes = (this.#cfg.mode & MODE.BYTES) !== 0;
    const cap = bytes ? CPJ_BYTES * BigInt(HZ) : b.cap;
    b.credit += BigInt(delta) * (bytes ? CPJ_BYTES : CPJ);
    if (b.credit > cap) b.credit = cap;
  }

  /** hashlimit_mt_common: is the packet within the limit? */
  within(key: string, length: number, milliseconds: number): boolean {
    const now = jiffies(milliseconds);
    const lifetime = Math.ceil((this.#cfg.expire * HZ) / 1000);
    let b = this.#buckets.get(key);
    if (!b || b.expires < this.#collectedAt(now)) {
      b = this.#make(now);
      this.#buckets.set(key, b);
    } else this.#recalculate(b, now);
    b.expires = now + lifetime;
    const bytes = (this.#cfg.mode & MODE.BYTES) !== 0;
    if (this.#cfg.mode & MODE.RATE_MATCH) {
      b.current += bytes ? BigInt(length) : 1n;
      return !b.previousWindow && b.current <= b.burst;
    }
    const cost = bytes ? byteCost(b, length) : b.cost;
    if (b.credit < cost) return false;
    b.credit -= cost;
    return true;
  }
}

function byteCost(b: Bucket, length: number): bigint {
  const whole = CPJ_BYTES * BigInt(HZ);
  let cost = BigInt((length >> 4) + 1) * b.cost;
  if (cost > whole) cost = whole;
  if (b.credit < cost && b.cap > 0n) {
    b.cap--;
    b.credit = whole;
  }
  return cost;
}
