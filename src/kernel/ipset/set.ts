import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { lengthOf } from '../xt/packet.ts';
import type { Adt, Entry, Extension, GivenExtension, Operation, SetError, SkbInfo, Tested } from './entry.ts';
import type { SetType } from './definition.ts';
import type { IpSets } from './ipsets.ts';

/** Attributes of `create` after user space checked their form. */
export interface CreateData {
  readonly family?: 'inet' | 'inet6';
  readonly ip?: Uint8Array;
  readonly ipTo?: Uint8Array;
  readonly cidr?: number;
  readonly port?: number;
  readonly portTo?: number;
  readonly netmask?: number;
  readonly bitmask?: Uint8Array;
  readonly markmask?: number;
  readonly hashsize?: number;
  readonly maxelem?: number;
  readonly bucketsize?: number;
  readonly initval?: number;
  readonly size?: number;
  readonly timeout?: number;
  readonly counters?: boolean;
  readonly comment?: boolean;
  readonly skbinfo?: boolean;
  readonly forceadd?: boolean;
}

/** What a match or target asks for (struct ip_set_adt_opt). Bit n of `flags`: dimension n (from 1) looks at the source. */
export interface PacketOptions {
  readonly dim: number;
  readonly flags: number;
  readonly returnNomatch?: boolean;
  readonly skipCounterUpdate?: boolean;
  readonly skipSubcounterUpdate?: boolean;
  readonly packets?: CounterTest;
  readonly bytes?: CounterTest;
  readonly exist?: boolean;
  /** Seconds; undefined: the set's own. */
  readonly timeout?: number;
  /** Where the skbinfo of the element found is put (map-set). */
  readonly found?: (info: SkbInfo) => void;
}
export interface CounterTest {
  readonly op: 'eq' | 'ne' | 'lt' | 'gt';
  readonly value: bigint;
}

const holds = (counter: bigint, t: CounterTest | undefined): boolean => {
  switch (t?.op) {
    case undefined:
      return true;
    case 'eq':
      return counter === t?.value;
    case 'ne':
      return counter !== t?.value;
    case 'lt':
      return t !== undefined && counter < t.value;
    case 'gt':
      return t !== undefined && counter > t.value;
  }
};

/** One set: what all types share (struct ip_set, net/netfilter/ipset/ip_set_core.c). */
export abstract class IpSet {
  name: string;
  readonly type: SetType;
  readonly family: 'inet' | 'inet6' | 'unspec';
  readonly create: CreateData;
  protected readonly sets: IpSets;

  constructor(sets: IpSets, name: string, type: SetType, create: CreateData) {
    this.sets = sets;
    this.name = name;
    this.type = type;
    this.create = create;
    this.family = type.family === 'unspec' ? 'unspec' : (create.family ?? 'inet');
  }

  abstract entries(): Entry[];
  /** Puts back what entries() gave. */
  abstract restore(entries: readonly Entry[]): void;
  abstract flush(): void;
  /** Header fields after the family, in the order the kernel's attributes are printed. */
  abstract memsize(): number;
  /** uadt; for `test` the kernel turns every error into "not there". */
  abstract change(op: 'add' | 'del', adt: Adt, exist: boolean): SetError | null;
  abstract test(adt: Adt): boolean;
  abstract packetTest(skb: Skb, state: HookState, options: PacketOptions): Tested;
  abstract packetChange(op: 'add' | 'del', skb: Skb, state: HookState, options: PacketOptions): void;
  abstract sameAs(other: CreateData): boolean;

  get now(): number {
    return this.sets.now();
  }
  expired(e: Extension): boolean {
    return e.expires !== null && e.expires <= this.now;
  }

  /** What the set was not created for (ip_set_get_extensions). */
  refuses(given: GivenExtension): SetError | null {
    if (given.timeout !== undefined && this.create.timeout === undefined) return 'TIMEOUT';
    if ((given.packets !== undefined || given.bytes !== undefined) && !this.create.counters) return 'COUNTER';
    if (given.comment !== undefined && !this.create.comment) return 'COMMENT';
    return given.skbinfo !== undefined && !this.create.skbinfo ? 'SKBINFO' : null;
  }

  protected expiry(timeout: number | undefined): number | null {
    const seconds = timeout ?? this.create.timeout;
    return seconds === undefined || seconds === 0 ? null : this.now + seconds * 1000;
  }

  /** ip_set_init_*: of a new element, or of one that `-exist` writes over (its counters stay when none are given). */
  protected extend(old: Extension | null, given: GivenExtension): Extension {
    return {
      expires: this.expiry(given.timeout),
      packets: given.packets ?? old?.packets ?? 0n,
      bytes: given.bytes ?? old?.bytes ?? 0n,
      comment: given.comment ?? '',
      skbinfo: given.skbinfo ?? null,
    };
  }

  /** ip_set_match_extensions: counts the packet, and says whether the counter conditions hold. */
  protected matchExtension(e: Extension, skb: Skb, o: PacketOptions): boolean {
    if (this.expired(e)) return false;
    if (this.create.counters) {
      if (!o.skipCounterUpdate) {
        e.packets++;
        e.bytes += BigInt(lengthOf(skb));
      }
      if (!holds(e.packets, o.packets) || !holds(e.bytes, o.bytes)) return false;
    }
    if (this.create.skbinfo) o.found?.(e.skbinfo ?? { mark: 0, markmask: 0, prio: 0, queue: 0 });
    return true;
  }

  protected packetExtension(skb: Skb, o: PacketOptions): GivenExtension {
    const counters = this.create.counters ? { packets: 1n, bytes: BigInt(lengthOf(skb)) } : {};
    return this.create.timeout === undefined ? counters : { ...counters, timeout: o.timeout ?? this.create.timeout };
  }

  operate(op: Operation, adt: Adt, exist: boolean): SetError | null {
    if (op === 'test') return this.refuses(adt) === null && this.test(adt) ? null : 'EXIST';
    return this.change(op, adt, exist);
  }
}
