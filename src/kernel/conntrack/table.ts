import type { Ruleset } from '../nf_tables/objects.ts';
import type { Netns } from '../netns.ts';
import { defaultConf } from './conf.ts';
import type { ConntrackConf } from './conf.ts';
import { Conntrack, IPCT, IPEXP, IPS, newProtoState } from './entry.ts';
import type { Dir, Tuple, Zone } from './entry.ts';
import type { ConntrackEvent, EventGroup, EventListener } from './events.ts';
import { ExpectationTable } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { exportTable, importTable } from './persist.ts';
import { newStats } from './stats.ts';
import type { ConntrackStats } from './stats.ts';
import { TimeoutPolicies } from './timeout-policies.ts';
import { hashPacket4, hashTuple, packetHas4, sameTuple, zoneId } from './tuple.ts';

/** NF_CT_EVICTION_RANGE */
const EVICTION_RANGE = 8;
const FULL = 'nf_conntrack: nf_conntrack: table full, dropping packet';

/** One of the two places of an entry in the hash (struct nf_conntrack_tuple_hash). */
interface Slot {
  readonly ct: Conntrack;
  readonly dir: Dir;
  readonly hash: number;
  next: Slot | null;
}

export interface Found {
  readonly ct: Conntrack;
  readonly dir: Dir;
}

/** The connection table of a namespace (net/netfilter/nf_conntrack_core.c). */
export class ConntrackTable {
  readonly #net: Netns;
  readonly conf: ConntrackConf = defaultConf();
  /** Why the packet at hand is invalid, as the kernel's log would say; for tracers. */
  why: string | null = null;
  readonly stats: ConntrackStats = newStats();
  readonly expect: ExpectationTable;
  readonly timeouts: TimeoutPolicies;
  /** The ruleset last searched for rules that use labels, and whether it has any. */
  #labels: { readonly ruleset: Ruleset; readonly used: boolean } | null = null;
  #slots: (Slot | null)[] = new Array<Slot | null>(1024).fill(null);
  #entries = new Set<Conntrack>();
  readonly #listeners = new Set<EventListener>();
  #serial = 0;

  constructor(net: Netns) {
    this.#net = net;
    this.expect = new ExpectationTable(net);
    this.timeouts = new TimeoutPolicies(net);
  }

  /** Entries in the hash, expired ones that nobody met yet included (nf_conntrack_count). */
  get count(): number {
    return this.#entries.size;
  }

  /** The confirmed connections; expired ones go as they are met (ctnetlink_dump_table). */
  entries(): Conntrack[] {
    const now = this.#net.clock.now();
    const out: Conntrack[] = [];
    for (const ct of [...this.#entries])
      if (this.#expired(ct, now)) this.kill(ct);
      else out.push(ct);
    return out;
  }

  #expired(ct: Conntrack, now: number): boolean {
    return ct.expiresAt <= now && !(ct.status & IPS.OFFLOAD);
  }

  /** __nf_conntrack_find_get: entry and direction of a tuple; an expired one is removed and not found. */
  find(zone: Zone, tuple: Tuple): Found | null {
    const slot = this.#lookup(zone, tuple);
    if (!slot) return null;
    if (!this.#expired(slot.ct, this.#net.clock.now())) return slot;
    this.kill(slot.ct);
    return this.find(zone, tuple);
  }

  /** `find` by the bytes of an IPv4 packet of TCP or UDP: a known connection costs no tuple. */
  findPacket4(zone: Zone, b: Uint8Array, o: number, at: number, protonum: number): Found | null {
    const hash = hashPacket4(b, o, at, protonum);
    for (let s = this.#slots[hash & (this.#slots.length - 1)]; s; s = s.next) {
      if (s.hash !== hash || zoneId(s.ct.zone, s.dir) !== zoneId(zone, s.dir) || !packetHas4(s.dir === 0 ? s.ct.original : s.ct.reply, b, o, at, protonum)) continue;
      return this.#expired(s.ct, this.#net.clock.now()) ? null : s;
    }
    return null;
  }

  #lookup(zone: Zone, tuple: Tuple): Slot | null {
    const hash = hashTuple(tuple);
    for (let s = this.#slots[hash & (this.#slots.length - 1)]; s; s = s.next) {
      if (s.hash === hash && zoneId(s.ct.zone, s.dir) === zoneId(zone, s.dir) && sameTuple(s.dir === 0 ? s.ct.original : s.ct.reply, tuple)) return s;
    }
    return null;
  }

  /** nf_conntrack_tuple_taken: does another connection than `ignored` use this reply tuple? */
  taken(tuple: Tuple, zone: Zone, ignored: Conntrack): boolean {
    const hash = hashTuple(tuple);
    const now = this.#net.clock.now();
    for (let s = this.#slots[hash & (this.#slots.length - 1)]; s; s = s.next) {
      if (s.hash !== hash || s.ct === ignored || zoneId(s.ct.zone, s.dir) !== zoneId(zone, s.dir)) continue;
      if (sameTuple(s.ct.tuple(s.dir), tuple) && !this.#expired(s.ct, now)) return true;
    }
    return false;
  }

  /** __nf_conntrack_alloc: a connection that is not in the table yet. */
  alloc(zone: Zone, original: Tuple, reply: Tuple): Conntrack {
    return new Conntrack(Math.imul(++this.#serial, 0x9e3779b1) >>> 0, zone, original, reply, newProtoState(original.protonum));
  }

  /**
   * Is there room for one more (nf_conntrack_max), if need be after early_drop? `original` gives the bucket where that
   * begins; entries from user space have none, and begin at the first (nf_conntrack_alloc).
   */
  room(original: Tuple | null): boolean {
    if (this.conf.max === 0 || this.#entries.size < this.conf.max) return true;
    if (this.#earlyDrop(original ? hashTuple(original) : 0)) return true;
    this.#net.log.warnLimited(FULL);
    return false;
  }

  /** early_drop: what is not assured in the first of eight buckets that holds such makes room. */
  #earlyDrop(hash: number): boolean {
    const { buckets } = this.conf;
    for (let i = 0; i < EVICTION_RANGE; i++) {
      const drops = this.#earlyDropList((hash + i) % buckets);
      if (drops === 0) continue;
      this.stats.earlyDrop += drops;
      return true;
    }
    return false;
  }

  #earlyDropList(bucket: number): number {
    const now = this.#net.clock.now();
    let drops = 0;
    for (const ct of this.#inBucket(bucket)) {
      if (ct.status & IPS.OFFLOAD) continue;
      if (this.#expired(ct, now)) this.kill(ct);
      else if (!(ct.status & IPS.ASSURED) && this.kill(ct)) drops++;
    }
    return drops;
  }

  /** Entries with a tuple in a bucket of the kernel's table; the places here are a power of two. */
  #inBucket(bucket: number): Conntrack[] {
    const { buckets } = this.conf,
      places = this.#slots.length,
      out: Conntrack[] = [];
    const step = places % buckets === 0 ? buckets : buckets % places === 0 ? places : 1;
    for (let at = step === 1 ? 0 : bucket % step; at < places; at += step) {
      for (let s = this.#slots[at]; s; s = s.next) if (s.hash % buckets === bucket) out.push(s.ct);
    }
    return out;
  }

  /** The extensions that every connection gets when it is made (nf_ct_acct_ext_add, tstamp, ecache). `events`: from the template. */
  addExtensions(ct: Conntrack, events: { readonly ctmask: number; readonly expmask: number } | null = null): void {
    if (this.conf.acct) ct.acct = { packets: [0n, 0n], bytes: [0n, 0n] };
    if (this.conf.timestamp) ct.timestamp = { start: 0, stop: 0 };
    if (this.#labelsUsed()) ct.labels = new Uint8Array(16);
    this.addEventCache(ct, events?.ctmask ?? 0, events?.expmask ?? 0);
  }

  /** net->ct.labels_used: new connections get the extension while a rule looks at labels or sets them. */
  #labelsUsed(): boolean {
    const { ruleset } = this.#net.nft;
    if (this.#labels?.ruleset !== ruleset) {
      const used = ruleset.tables.some((t) =>
        t.chains.some((c) =>
          c.rules.some((r) => r.exprs.some((e) => ((e.kind === 'ct' || e.kind === 'ct_set') && e.key.startsWith('label')) || (e.kind === 'match' && e.name === 'connlabel'))),
        ),
      );
      this.#labels = { ruleset, used };
    }
    return this.#labels.used;
  }

  /** nf_ct_ecache_ext_add */
  addEventCache(ct: Conntrack, ctmask: number, expmask: number): void {
    if (this.conf.events === 0 && !ctmask && !expmask) return;
    if (this.conf.events === 2 && !this.hasListener) return;
    ct.events = ctmask || expmask ? { ctmask, expmask } : { ctmask: 0xffff, expmask: 0xffff };
  }

  /** Both places are free? Then into the hash (nf_conntrack_hash_check_insert). */
  insert(ct: Conntrack): boolean {
    for (const dir of [0, 1] as const) {
      const other = this.#lookup(ct.zone, ct.tuple(dir));
      if (other && !this.#expired(other.ct, this.#net.clock.now())) {
        this.stats.insertFailed++;
        return false;
      }
      if (other) this.kill(other.ct);
    }
    this.#link(ct);
    return true;
  }

  #link(ct: Conntrack): void {
    if (this.#entries.size * 2 >= this.#slots.length) this.#grow();
    this.#chain({ ct, dir: 0, hash: hashTuple(ct.original), next: null });
    this.#chain({ ct, dir: 1, hash: hashTuple(ct.reply), next: null });
    this.#entries.add(ct);
    ct.hashed = true;
    ct.status |= IPS.CONFIRMED;
  }

  #chain(slot: Slot): void {
    const at = slot.hash & (this.#slots.length - 1);
    slot.next = this.#slots[at];
    this.#slots[at] = slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array<Slot | null>(old.length * 4).fill(null);
    for (let s of old)
      while (s) {
        const next: Slot | null = s.next;
        this.#chain(s);
        s = next;
      }
  }

  #unchain(ct: Conntrack, hash: number, dir: Dir): void {
    const at = hash & (this.#slots.length - 1);
    let before: Slot | null = null;
    for (let s = this.#slots[at]; s; before = s, s = s.next) {
      if (s.ct !== ct || s.dir !== dir) continue;
      if (before) before.next = s.next;
      else this.#slots[at] = s.next;
      return;
    }
  }

  /** nf_ct_delete: out of the table, with its DESTROY event; what it expected goes too. */
  kill(ct: Conntrack, portid = 0): boolean {
    if (ct.status & IPS.DYING) return false;
    ct.status |= IPS.DYING;
    if (ct.timestamp && ct.timestamp.stop === 0) ct.timestamp.stop = this.#net.clock.wall();
    if (ct.hashed) {
      this.#unchain(ct, hashTuple(ct.original), 0);
      this.#unchain(ct, hashTuple(ct.reply), 1);
      this.#entries.delete(ct);
      ct.hashed = false;
      this.report(ct, IPCT.DESTROY, portid);
    }
    this.expect.removeFor(ct);
    return true;
  }

  /** Changes the reply tuple of a connection that is not in the hash yet (nf_conntrack_alter_reply). */
  alterReply(ct: Conntrack, reply: Tuple): void {
    ct.reply = reply;
  }

  /** __nf_ct_refresh_acct without the accounting: a new time to live, unless it is fixed. */
  refresh(ct: Conntrack, seconds: number): void {
    if (!(ct.status & IPS.FIXED_TIMEOUT)) ct.expiresAt = this.#net.clock.now() + seconds * 1000;
  }

  /**
   * Whole seconds left, as the kernel prints them (nf_ct_expires / HZ): a moment has passed since they were set, but for
   * the events that tell of it (`passed` 0).
   */
  secondsLeft(ct: Conntrack, passed = 1): number {
    return Math.max(0, Math.floor((ct.expiresAt - this.#net.clock.now() - passed) / 1000));
  }

  /** Removes what has run out (gc_worker). */
  gc(): void {
    this.entries();
    this.expect.gc();
  }

  // ---- events ----

  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** nf_ctnetlink_has_listener: somebody is bound to a group of connections or expectations. */
  get hasListener(): boolean {
    return this.#listeners.size > 0;
  }

  /** nf_conntrack_event_cache: remembered until the packet is through. */
  cache(ct: Conntrack, bits: number): void {
    if (ct.events) ct.pendingEvents |= bits;
  }

  /** nf_ct_deliver_cached_events */
  deliver(ct: Conntrack): void {
    if (!ct.events) return;
    const events = ct.pendingEvents;
    ct.pendingEvents = 0;
    if (ct.status & IPS.CONFIRMED && !(ct.status & IPS.DYING) && events) this.report(ct, events, 0);
  }

  /** nf_conntrack_eventmask_report + ctnetlink_conntrack_event */
  report(ct: Conntrack, events: number, portid: number): void {
    if (!ct.events || !(ct.status & IPS.CONFIRMED)) return;
    if (!(events & ct.events.ctmask)) return;
    const group = events & IPCT.DESTROY ? 'destroy' : events & (IPCT.NEW | IPCT.RELATED) ? 'new' : 'update';
    this.#tell({ group, ct, events, portid });
  }

  expectEvent(exp: Expectation, events: number, portid: number): void {
    const cache = exp.master.events;
    if (!cache || !(cache.expmask & events)) return;
    this.#tell({ group: events & IPEXP.DESTROY ? 'exp-destroy' : 'exp-new', exp, events, portid });
  }

  #tell(event: ConntrackEvent): void {
    for (const l of this.#listeners) if (l.groups.has(event.group as EventGroup)) l.event(event);
  }

  export(): unknown {
    return exportTable(this, this.#serial);
  }
  import(data: unknown): void {
    this.#serial = importTable(this, data, (ct) => this.#link(ct));
  }
}
