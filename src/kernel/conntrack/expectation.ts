import type { Netns } from '../netns.ts';
import { IPEXP, IPS } from './entry.ts';
import type { Conntrack, Tuple, Zone } from './entry.ts';
import { helperOf } from './helpers.ts';
import { sameBytes, zoneId } from './tuple.ts';

/** NF_CT_EXPECT_*. */
export const EXPECT = { PERMANENT: 1, INACTIVE: 2, USERSPACE: 4 } as const;

/** struct nf_conntrack_tuple_mask: source address and port (or id) only; the rest of the tuple must be equal. */
export interface TupleMask {
  readonly src: Uint8Array;
  readonly sport: number;
}

/** An expected connection (struct nf_conntrack_expect). */
export interface Expectation {
  readonly id: number;
  readonly tuple: Tuple;
  readonly mask: TupleMask;
  readonly master: Conntrack;
  readonly zone: Zone;
  flags: number;
  readonly class: number;
  /** Name of the helper to be given to the connection it leads to. */
  readonly helper: string | null;
  /** Called for the new connection (nf_ct_helper_expectfn): 'nat-follow-master', 'sip' …; null: none. */
  readonly expectfn: string | null;
  /** Direction relative to the master of the connection expected, and what NAT saved. */
  readonly dir: 0 | 1;
  readonly savedAddr: Uint8Array | null;
  readonly savedProto: number;
  /** Absolute milliseconds. 0: no timer. */
  expiresAt: number;
}

export type NewExpectation = Omit<Expectation, 'id' | 'expiresAt'>;

const masked = (t: Tuple, exp: { tuple: Tuple; mask: TupleMask }): boolean => {
  const e = exp.tuple,
    m = exp.mask;
  if (t.l3num !== e.l3num || t.protonum !== e.protonum || t.dport !== e.dport || !sameBytes(t.dst, e.dst)) return false;
  if ((t.icmp?.type ?? 0) !== (e.icmp?.type ?? 0) || (t.icmp?.code ?? 0) !== (e.icmp?.code ?? 0)) return false;
  if ((t.sport & m.sport) !== (e.sport & m.sport)) return false;
  for (let i = 0; i < e.src.length; i++) if ((t.src[i] & m.src[i]) !== (e.src[i] & m.src[i])) return false;
  return true;
};

/** expect_matches */
const sameTupleMask = (a: Expectation, b: NewExpectation): boolean =>
  a.mask.sport === b.mask.sport && sameBytes(a.mask.src, b.mask.src) && masked(b.tuple, { tuple: a.tuple, mask: wholeSource(a) }) && zoneId(a.zone, 0) === zoneId(b.zone, 0);
/** Every bit of the source. */
const wholeSource = (a: Expectation): TupleMask => ({ src: new Uint8Array(a.tuple.src.length).fill(255), sport: 0xffffffff });

/** expect_clash: one could be taken for the other within both masks. */
const clash = (a: Expectation, b: NewExpectation): boolean => {
  if (a.tuple.l3num !== b.tuple.l3num || a.tuple.protonum !== b.tuple.protonum) return false;
  const src = a.mask.src.map((x, i) => x & b.mask.src[i]);
  return masked(a.tuple, { tuple: b.tuple, mask: { src, sport: a.mask.sport & b.mask.sport } }) && zoneId(a.zone, 0) === zoneId(b.zone, 0);
};

/** nf_ct_expect_dst_hash: what no mask hides. */
const bucketOf = (t: Tuple): string => `${t.protonum} ${t.dport} ${t.dst.join('.')}`;

/** What nf_ct_expect_related_report says when it makes no expectation. */
export type NotExpected = 'EBUSY' | 'EMFILE' | 'EALREADY';

/** The expectations of a namespace (net/netfilter/nf_conntrack_expect.c). */
export class ExpectationTable {
  readonly #net: Netns;
  #all = new Set<Expectation>();
  /** By destination, newest first. */
  readonly #buckets = new Map<string, Expectation[]>();
  /** When the next of them runs out, at the earliest. */
  #nextExpiry = Number.POSITIVE_INFINITY;
  #serial = 0;

  constructor(net: Netns) {
    this.#net = net;
  }

  get count(): number {
    this.gc();
    return this.#all.size;
  }
  entries(): Expectation[] {
    this.gc();
    return [...this.#all];
  }
  /** Those of a connection, newest first (nf_conn_help.expectations). */
  of(master: Conntrack): Expectation[] {
    return this.entries()
      .filter((e) => e.master === master)
      .reverse();
  }

  /** Timers that ran out. */
  gc(): void {
    const now = this.#net.clock.now();
    if (now < this.#nextExpiry) return;
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const exp of this.#all) {
      if (exp.expiresAt !== 0 && exp.expiresAt <= now) this.unlink(exp);
      else this.#watch(exp);
    }
  }
  #watch(exp: Expectation): void {
    if (exp.expiresAt !== 0 && exp.expiresAt < this.#nextExpiry) this.#nextExpiry = exp.expiresAt;
  }

  #candidates(t: Tuple): readonly Expectation[] {
    this.gc();
    return this.#all.size === 0 ? [] : (this.#buckets.get(bucketOf(t)) ?? []);
  }

  /** __nf_ct_expect_find */
  find(zone: Zone, tuple: Tuple): Expectation | null {
    return this.#candidates(tuple).find((exp) => masked(tuple, exp) && zoneId(exp.zone, 0) === zoneId(zone, 0)) ?? null;
  }

  /** nf_ct_find_expectation: the expectation that a new connection fulfils; it goes, unless permanent. `unlink` false: only look (untracked templates). */
  take(zone: Zone, tuple: Tuple, unlink = true): Expectation | null {
    const exp = this.#candidates(tuple).find((e) => !(e.flags & EXPECT.INACTIVE) && masked(tuple, e) && zoneId(e.zone, 0) === zoneId(zone, 0));
    if (!exp || !(exp.master.status & IPS.CONFIRMED) || exp.master.status & IPS.DYING) return null;
    if (!(exp.flags & EXPECT.PERMANENT) && unlink) this.unlink(exp);
    return exp;
  }

  /**
   * nf_ct_expect_related_report: adds it, refreshing one that is the same, evicting the oldest of its class when the
   * helper's policy says so. `skipMaster`: one that is the same counts as there already, whosever it is. Without
   * `timeoutSeconds` the policy's timeout holds.
   */
  related(exp: NewExpectation, options: { readonly portid?: number; readonly skipMaster?: boolean; readonly timeoutSeconds?: number } = {}): Expectation | NotExpected {
    const policy = helperOf(exp.master)?.policies[exp.class];
    for (const old of this.#candidates(exp.tuple)) {
      if ((options.skipMaster || old.master === exp.master) && sameTupleMask(old, exp)) {
        if (old.class !== exp.class || old.master !== exp.master) return 'EALREADY';
        this.unlink(old);
        break;
      }
      if (clash(old, exp)) return 'EBUSY';
    }
    if (policy && policy.maxExpected > 0) {
      const mine = this.of(exp.master).filter((e) => e.class === exp.class);
      if (mine.length >= policy.maxExpected) this.unlink(mine[mine.length - 1]);
    }
    if (this.#all.size >= this.#net.conntrack.conf.expectMax) return 'EMFILE';
    const seconds = options.timeoutSeconds ?? policy?.timeout;
    const made: Expectation = { ...exp, id: Math.imul(++this.#serial, 0x9e3779b1) >>> 0, expiresAt: seconds === undefined ? 0 : this.#net.clock.now() + seconds * 1000 };
    this.#link(made);
    this.#net.conntrack.stats.expectCreate++;
    this.#net.conntrack.expectEvent(made, IPEXP.NEW, options.portid ?? 0);
    return made;
  }

  #link(exp: Expectation): void {
    this.#all.add(exp);
    const key = bucketOf(exp.tuple),
      bucket = this.#buckets.get(key);
    if (bucket) bucket.unshift(exp);
    else this.#buckets.set(key, [exp]);
    this.#watch(exp);
  }

  /** nf_ct_unlink_expect_report */
  unlink(exp: Expectation, portid = 0): void {
    if (!this.#all.delete(exp)) return;
    const key = bucketOf(exp.tuple),
      left = (this.#buckets.get(key) ?? []).filter((e) => e !== exp);
    if (left.length > 0) this.#buckets.set(key, left);
    else this.#buckets.delete(key);
    this.#net.conntrack.stats.expectDelete++;
    this.#net.conntrack.expectEvent(exp, IPEXP.DESTROY, portid);
  }

  /** Gives one more time (mod_timer_pending). */
  refresh(exp: Expectation, seconds: number): void {
    exp.expiresAt = this.#net.clock.now() + seconds * 1000;
    this.#watch(exp);
  }

  /** nf_ct_remove_expectations: those of a connection that dies. */
  removeFor(master: Conntrack): void {
    if (this.#all.size === 0) return;
    for (const exp of this.of(master)) this.unlink(exp);
  }

  load(all: Iterable<Expectation>, serial: number): void {
    this.#all.clear();
    this.#buckets.clear();
    for (const exp of all) this.#link(exp);
    this.#serial = serial;
  }
  get serial(): number {
    return this.#serial;
  }
}
