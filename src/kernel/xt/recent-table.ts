import { HZ } from '../clock.ts';
import { ptonV4, ptonV6 } from './address.ts';
import type { XtKeep } from './definition.ts';

/** One address of a recent list (struct recent_entry): `stamps` are jiffies, `index` where the next one goes. */
export interface RecentEntry {
  readonly address: Uint8Array;
  ttl: number;
  index: number;
  readonly stamps: number[];
}

/** ip_list_tot and ip_pkt_list_tot, the module's defaults. */
const MAX_ENTRIES = 100;

const sameAddress = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, n) => x === b[n]);
const powerAbove = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/** A recent list (struct recent_table), shown in /proc/net/xt_recent. Entries are in order of their last update. */
export class RecentTable {
  /** That of the rule that made the list; those of later ones do not count. */
  readonly mask: Uint8Array;
  /** The ruleset's generation when a rule made the list. */
  readonly made: number;
  entries: RecentEntry[] = [];
  #stampMask = 0;

  constructor(mask: Uint8Array, made: number) {
    this.mask = mask;
    this.made = made;
  }

  static from(d: ReturnType<RecentTable['export']>): RecentTable {
    const table = new RecentTable(d.mask, d.made);
    table.entries = [...d.entries];
    table.#stampMask = d.stampMask;
    return table;
  }

  export(): { readonly mask: Uint8Array; readonly made: number; readonly entries: readonly RecentEntry[]; readonly stampMask: number } {
    return { mask: this.mask, made: this.made, entries: this.entries, stampMask: this.#stampMask };
  }

  /** A rule that counts more hits than stamps are kept makes the list keep more. */
  wants(hits: number): void {
    this.#stampMask = Math.max(this.#stampMask, hits ? powerAbove(hits) - 1 : 31);
  }

  #masked(address: Uint8Array): Uint8Array {
    return address.map((b, n) => b & (this.mask[n] ?? 255));
  }

  /** recent_entry_lookup; ttl 0: any */
  find(address: Uint8Array, ttl: number): RecentEntry | undefined {
    const masked = this.#masked(address);
    return this.entries.find((e) => sameAddress(e.address, masked) && (ttl === e.ttl || ttl === 0 || e.ttl === 0));
  }

  /** recent_entry_init: the list being full, the longest unused goes. */
  add(address: Uint8Array, ttl: number, now: number): void {
    if (this.entries.length >= MAX_ENTRIES) this.entries.shift();
    this.entries.push({ address: this.#masked(address), ttl, index: 1, stamps: [now] });
  }

  remove(entry: RecentEntry): void {
    this.entries = this.entries.filter((e) => e !== entry);
  }

  /** recent_entry_update */
  update(entry: RecentEntry, ttl: number, now: number): void {
    entry.index &= this.#stampMask;
    entry.stamps[entry.index++] = now;
    entry.ttl = ttl;
    this.remove(entry);
    this.entries.push(entry);
  }

  /** recent_entry_reap: drops the oldest entry when it is out of date, unless it is the one about to be updated. */
  reap(since: number, working: RecentEntry, update: boolean): void {
    const oldest = this.entries[0];
    if (!oldest || (oldest === working && update)) return;
    const last = oldest.stamps[oldest.index - 1];
    if (since > last) this.remove(oldest);
  }
}

/** jiffies, which start at INITIAL_JIFFIES: five minutes before 32 bits wrap. */
export const recentNow = (milliseconds: number): number => 2 ** 32 - 300 * HZ + Math.floor((milliseconds * HZ) / 1000);

/** Where the list lies in the namespace's shared extension state: both families see the same. */
export const recentKey = (name: string): string => `recent/${name}`;
export const recentTable = (keep: XtKeep, name: string, mask: Uint8Array): RecentTable => keep.shared(recentKey(name), () => new RecentTable(mask, 0));

/** An address written to /proc/net/xt_recent. */
export const parseRecentAddress = (text: string): Uint8Array | null => (text.includes(':') ? ptonV6(text) : ptonV4(text));
