import type { Ruleset } from '../nf_tables/objects.ts';
import type { Netns } from '../netns.ts';
import { defaultConf } from './conf.ts';
import type { ConntrackConf } from './conf.ts';
import { ColdStore } from './cold.ts';
import { Entries } from './entries.ts';
import { Conntrack, IPCT, IPEXP, IPS, newProtoState } from './entry.ts';
import type { Dir, Tuple, Zone } from './entry.ts';
import type { ConntrackEvent, EventGroup, EventListener } from './events.ts';
import { ExpectationTable } from './expectation.ts';
import type { Expectation } from './expectation.ts';
import { helperOf } from './helpers.ts';
import { exportTable, importTable } from './persist.ts';
import { decodeRecord, encodeRecord, hasOwnReply, isPlain, recordExpires, recordHash, recordLength, recordPlace } from './record.ts';
import { EVERYTHING, selects, selectsRecord } from './select.ts';
import type { Selection } from './select.ts';
import { newStats } from './stats.ts';
import type { ConntrackStats } from './stats.ts';
import { StoredConnections } from './stored.ts';
import type { RowSource } from './stored.ts';
import { TimeoutPolicies } from './timeout-policies.ts';
import { hashPacket4, hashTuple, packetHas4, placeHash, sameTuple, zoneId } from './tuple.ts';

/** NF_CT_EVICTION_RANGE */
const EVICTION_RANGE = 8;
/** When connections become records. */
export interface StorageLimits {
  /** With more connections than this in all, no more than `warm` are objects. */
  many: number;
  warm: number;
  /** Lookups within which what was met may still be in somebody's hands, and stays an object. */
  lately: number;
  /** Objects that a table keeps over a commit to its state; of more it keeps none. */
  kept: number;
  /** Connections a row of the state, on average. */
  crowd: number;
}
const FULL = 'nf_conntrack: nf_conntrack: table full, dropping packet';

/** One of the two places of an entry in the hash (struct nf_conntrack_tuple_hash). */
interface Slot {
  readonly ct: Conntrack;
  readonly dir: Dir;
  /** 32 bits with a sign, that it be no object of its own. */
  readonly hash: number;
  next: Slot | null;
}

export interface Found {
  readonly ct: Conntrack;
  readonly dir: Dir;
}

/**
 * The connection table of a namespace (net/netfilter/nf_conntrack_core.c). A connection is an object in the hash, or, while nobody
 * looks at it, a record in `#cold` or in the state that the table was read from; being found makes it an object.
 */
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
  /** At least two places for each of two directions: what is not there is seldom looked for along a chain. */
  #slots: (Slot | null)[] = new Array<Slot | null>(1024).fill(null);
  /** Those that are objects. */
  readonly #entries = new Entries();
  readonly #cold = new ColdStore();
  #stored: StoredConnections | null = null;
  #stays = false;
  /** Keys of the rows that `changes` gave last, while the table was read from none. */
  #given = new Set<string>();
  #count = 0;
  /** Counts lookups. */
  #now = 0;
  readonly limits: StorageLimits = { many: 262_144, warm: 65_536, lately: 4096, kept: 4096, crowd: 256 };
  #freezeAt = 0;
  /** Changes when objects that were in the table are no longer: what was kept of them is void. */
  generation = 0;
  /** Somebody keeps connections whose source was translated: they stay objects. */
  keepsSources = false;
  readonly #listeners = new Set<EventListener>();
  #serial = 0;

  constructor(net: Netns) {
    this.#net = net;
    this.expect = new ExpectationTable(net);
    this.timeouts = new TimeoutPolicies(net);
  }

  /** Entries in the hash, expired ones that nobody met yet included (nf_conntrack_count). */
  get count(): number {
    return this.#count;
  }

  /** The confirmed connections, all as objects; expired ones go as they are met (ctnetlink_dump_table). */
  entries(): Conntrack[] {
    this.#purge();
    this.#stored?.loadAll(this.#cold);
    for (const n of this.#cold.numbers()) this.#thaw(n);
    return [...this.#entries];
  }

  /** Connections to look at, not to change: most are made for this only. Nothing may be changed while it runs. */
  *scan(wanted: Selection = EVERYTHING): Generator<Conntrack> {
    this.#purge();
    for (const ct of this.#entries) if (selects(wanted, ct)) yield ct;
    for (const n of this.#cold.numbers()) {
      const bytes = this.#cold.bytes(n),
        o = this.#cold.offset(n);
      if (selectsRecord(wanted, bytes, o)) yield this.#decode(bytes, o);
    }
    for (const [bytes, o] of this.#stored?.unloaded() ?? []) if (selectsRecord(wanted, bytes, o)) yield this.#decode(bytes, o);
  }

  #decode(bytes: Uint8Array, o: number): Conntrack {
    const ct = decodeRecord(bytes, o, (name) => this.timeouts.find(name));
    ct.hashed = true;
    return ct;
  }

  /** Makes a record an object. */
  #thaw(n: number, ct: Conntrack = this.#decode(this.#cold.bytes(n), this.#cold.offset(n))): Conntrack {
    this.#stored?.touch(recordPlace(this.#cold.bytes(n), this.#cold.offset(n)));
    this.#cold.remove(n);
    this.#chainBoth(ct);
    return ct;
  }

  /** Takes out what has run out. */
  #purge(): void {
    const now = this.#net.clock.now();
    for (const ct of this.#entries) if (this.#expired(ct, now)) this.kill(ct);
    this.#stored?.loadDue(now, this.#cold);
    if (this.#cold.earliest > now) return;
    const due: number[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (const n of this.#cold.numbers()) {
      const expires = recordExpires(this.#cold.bytes(n), this.#cold.offset(n));
      if (expires <= now) due.push(n);
      else earliest = Math.min(earliest, expires);
    }
    for (const n of due) this.kill(this.#thaw(n));
    this.#cold.earliest = earliest;
  }

  #expired(ct: Conntrack, now: number): boolean {
    return ct.expiresAt <= now && !(ct.status & IPS.OFFLOAD);
  }

  /** __nf_conntrack_find_get: entry and direction of a tuple; an expired one is removed and not found. */
  find(zone: Zone, tuple: Tuple): Found | null {
    const slot = this.#lookup(zone, tuple) ?? this.#fetch(zone, tuple);
    if (!slot) return null;
    slot.ct.met = ++this.#now;
    if (!this.#expired(slot.ct, this.#net.clock.now())) return slot;
    this.kill(slot.ct);
    return this.find(zone, tuple);
  }

  /** Looks among the records. */
  #fetch(zone: Zone, tuple: Tuple): Slot | null {
    const stored = this.#stored;
    if (!stored && this.#cold.size === 0) return null;
    const hash = hashTuple(tuple),
      place = stored ? placeHash(tuple) : 0;
    stored?.load(place, this.#cold);
    if (!this.#thawTuple(zone, tuple, hash) && !(stored?.follow(place, hash, this.#cold) && this.#thawTuple(zone, tuple, hash))) return null;
    return this.#lookup(zone, tuple);
  }

  #thawTuple(zone: Zone, tuple: Tuple, hash: number): boolean {
    let found: Conntrack | null = null;
    const at = this.#cold.find(hash, (n, dir) => {
      const ct = this.#decode(this.#cold.bytes(n), this.#cold.offset(n));
      if (zoneId(ct.zone, dir) !== zoneId(zone, dir) || !sameTuple(ct.tuple(dir), tuple)) return false;
      found = ct;
      return true;
    });
    if (at < 0 || !found) return false;
    this.#thaw(at >> 1, found);
    return true;
  }

  /** `find` by the bytes of an IPv4 packet of TCP or UDP: a known connection costs no tuple. */
  findPacket4(zone: Zone, b: Uint8Array, o: number, at: number, protonum: number): Found | null {
    const hash = hashPacket4(b, o, at, protonum) | 0;
    for (let s = this.#slots[hash & (this.#slots.length - 1)]; s; s = s.next) {
      if (s.hash !== hash || zoneId(s.ct.zone, s.dir) !== zoneId(zone, s.dir) || !packetHas4(s.dir === 0 ? s.ct.original : s.ct.reply, b, o, at, protonum)) continue;
      if (this.#expired(s.ct, this.#net.clock.now())) return null;
      s.ct.met = ++this.#now;
      return s;
    }
    return null;
  }

  #lookup(zone: Zone, tuple: Tuple, hash = hashTuple(tuple) | 0): Slot | null {
    for (let s = this.#slots[hash & (this.#slots.length - 1)]; s; s = s.next) {
      if (s.hash === hash && zoneId(s.ct.zone, s.dir) === zoneId(zone, s.dir) && sameTuple(s.dir === 0 ? s.ct.original : s.ct.reply, tuple)) return s;
    }
    return null;
  }

  /** nf_conntrack_tuple_taken: does another connection than `ignored` use this reply tuple? */
  taken(tuple: Tuple, zone: Zone, ignored: Conntrack): boolean {
    const hash = hashTuple(tuple) | 0;
    const now = this.#net.clock.now();
    // Looked for where replies of this zone are hashed, and nowhere else.
    const there = (x: Found): boolean => zoneId(x.ct.zone, x.dir) === zoneId(zone, 1);
    for (let s = this.#slots[hash & (this.#slots.length - 1)]; s; s = s.next) {
      if (s.hash !== hash || s.ct === ignored || !there(s) || zoneId(s.ct.zone, s.dir) !== zoneId(zone, s.dir)) continue;
      if (sameTuple(s.ct.tuple(s.dir), tuple) && !this.#expired(s.ct, now)) return true;
    }
    const other = this.#fetch(zone, tuple);
    return other !== null && other.ct !== ignored && there(other) && !this.#expired(other.ct, now);
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
    if (this.conf.max === 0 || this.#count < this.conf.max) return true;
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
    this.#stored?.loadAll(this.#cold);
    for (const n of this.#cold.numbers()) {
      const bytes = this.#cold.bytes(n),
        o = this.#cold.offset(n);
      if (recordHash(bytes, o, 0) % buckets === bucket || recordHash(bytes, o, 1) % buckets === bucket) this.#thaw(n);
    }
    const step = places % buckets === 0 ? buckets : buckets % places === 0 ? places : 1;
    for (let at = step === 1 ? 0 : bucket % step; at < places; at += step) {
      for (let s = this.#slots[at]; s; s = s.next) if ((s.hash >>> 0) % buckets === bucket) out.push(s.ct);
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
    if (this.#count > this.limits.many && this.#entries.size > this.limits.warm && this.#entries.size >= this.#freezeAt) this.#freeze();
    const original = hashTuple(ct.original) | 0,
      reply = hashTuple(ct.reply) | 0;
    if (!this.#free(ct, 0, original) || !this.#free(ct, 1, reply)) {
      this.stats.insertFailed++;
      return false;
    }
    this.#count++;
    if (ct.master) ct.master.children++;
    this.#stored?.touch(placeHash(ct.original));
    this.#chainBoth(ct, original, reply);
    ct.status |= IPS.CONFIRMED;
    return true;
  }

  /** Is a place free, or becomes so because what held it has run out? */
  #free(ct: Conntrack, dir: Dir, hash: number): boolean {
    const tuple = dir === 0 ? ct.original : ct.reply;
    const other = this.#lookup(ct.zone, tuple, hash) ?? this.#fetch(ct.zone, tuple);
    // Only those hashed by the same zone as this direction are in the way.
    if (other === null || zoneId(other.ct.zone, other.dir) !== zoneId(ct.zone, dir)) return true;
    if (!this.#expired(other.ct, this.#net.clock.now())) return false;
    this.kill(other.ct);
    return true;
  }

  #chainBoth(ct: Conntrack, original = hashTuple(ct.original) | 0, reply = hashTuple(ct.reply) | 0): void {
    if (this.#entries.size * 4 >= this.#slots.length) this.#grow();
    this.#chain({ ct, dir: 0, hash: original, next: null });
    this.#chain({ ct, dir: 1, hash: reply, next: null });
    this.#entries.add(ct);
    ct.hashed = true;
    ct.met = ++this.#now;
  }

  #unchainBoth(ct: Conntrack): void {
    this.#unchain(ct, hashTuple(ct.original), 0);
    this.#unchain(ct, hashTuple(ct.reply), 1);
    this.#entries.delete(ct);
    ct.hashed = false;
  }

  /** Turns objects that were not met lately into records. */
  #freeze(): void {
    for (const ct of this.#entries) {
      if (ct.met > this.#now - this.limits.lately || ct.pendingEvents !== 0 || !isPlain(ct) || (this.keepsSources && ct.status & IPS.SRC_NAT_DONE)) continue;
      this.#unchainBoth(ct);
      this.#cold.put(encodeRecord(ct));
    }
    // What could not be frozen now is not tried again for each that comes.
    this.#freezeAt = 2 * this.#entries.size;
  }

  #chain(slot: Slot): void {
    const at = slot.hash & (this.#slots.length - 1);
    slot.next = this.#slots[at];
    this.#slots[at] = slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array<Slot | null>(old.length * 2).fill(null);
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
    helperOf(ct)?.destroy?.(this.#net, ct);
    if (ct.hashed) {
      this.#unchainBoth(ct);
      this.#count--;
      if (ct.master) ct.master.children--;
      this.#stored?.touch(placeHash(ct.original));
      this.#stored?.point(placeHash(ct.reply), { hash: hashTuple(ct.reply), place: placeHash(ct.original) }, false, this.#cold);
      this.report(ct, IPCT.DESTROY, portid);
    }
    this.expect.removeFor(ct);
    return true;
  }

  /** Takes out everything; without listeners nobody has to be told of each. */
  flush(portid: number): void {
    const all = this.hasListener ? this.entries() : [...this.#entries];
    for (const ct of all) this.kill(ct, portid);
    this.#cold.clear();
    this.#stored?.wipe();
    this.#count = 0;
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
    this.#purge();
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

  // ---- state ----

  /** Everything but the connections that `changes` gives as rows. */
  export(): unknown {
    return exportTable(
      this,
      this.#serial,
      [...this.#entries].filter((ct) => !isPlain(ct)),
    );
  }

  import(data: unknown, rows: RowSource): void {
    this.#stored = new StoredConnections(rows, this.limits.crowd);
    ({ serial: this.#serial, count: this.#count } = importTable(this, data, (ct) => {
      this.#chainBoth(ct);
      if (ct.master) ct.master.children++;
    }));
    this.#stays = rows.stays === true;
    this.#purge();
    if (!this.#stays) {
      this.#stored.loadAll(this.#cold);
      this.#stored = null;
    }
  }
  /** Rows of the state that are other than before; all of them when the table was not read from one that keeps them. */
  *changes(): Generator<readonly [key: string, bytes: Uint8Array | null]> {
    this.#purge();
    if (this.#stored) return yield* this.#changesOf(this.#stored);
    const before = this.#given;
    this.#given = new Set();
    for (const [key, bytes] of this.#changesOf(new StoredConnections({ get: () => new Uint8Array() }, this.limits.crowd))) {
      if (bytes === null) continue;
      this.#given.add(key);
      before.delete(key);
      yield [key, bytes];
    }
    for (const key of before) yield [key, null];
  }

  *#changesOf(stored: StoredConnections): Generator<readonly [key: string, bytes: Uint8Array | null]> {
    if (this.#stored === null || stored.crowded(this.#count)) {
      stored.loadAll(this.#cold);
      stored.spread(this.#count);
    }
    // A new pointer touches the bucket that it lies in: what is there is to be written too.
    for (const { own, reply } of this.#translated(this.#records(stored))) stored.point(placeHash(reply), { hash: hashTuple(reply), place: own }, true, this.#cold);
    yield* stored.changes(this.#records(stored));
    if (this.#stays && this.#entries.size > this.limits.kept) this.#unload(stored);
  }

  /** The records of the buckets that were touched, objects included: those lie in no bucket that was not. */
  #records(stored: StoredConnections): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (const ct of this.#entries) {
      if (!isPlain(ct)) continue;
      const place = placeHash(ct.original);
      stored.load(place, this.#cold);
      stored.touch(place);
      out.push(encodeRecord(ct).slice());
    }
    const cold: Uint8Array[] = [];
    for (const n of this.#cold.numbers()) {
      const bytes = this.#cold.bytes(n),
        o = this.#cold.offset(n);
      if (stored.touched(recordPlace(bytes, o))) cold.push(bytes.subarray(o, o + recordLength(bytes, o)));
    }
    return [...cold, ...out];
  }

  /** Of records, those whose reply may have to be looked for elsewhere. */
  *#translated(records: readonly Uint8Array[]): Generator<{ readonly own: number; readonly reply: Tuple }> {
    for (const r of records) if (hasOwnReply(r, 0)) yield { own: recordPlace(r, 0), reply: this.#decode(r, 0).reply };
  }

  #unload(stored: StoredConnections): void {
    for (const ct of this.#entries) if (isPlain(ct)) this.#unchainBoth(ct);
    this.#cold.clear();
    stored.unload();
    this.generation++;
  }
}
