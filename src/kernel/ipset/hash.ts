import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { hostMask, keyOf, maskAddress, sameBytes, toBytes, toInt } from './entry.ts';
import type { Adt, Entry, GivenExtension, Part, SetError, Tested, Value } from './entry.ts';
import type { SetType } from './definition.ts';
import type { IpSets } from './ipsets.ts';
import { fromPacket } from './packet.ts';
import { IpSet } from './set.ts';
import type { CreateData, PacketOptions } from './set.ts';

const PORTED = new Set([6, 17, 132, 136]);
const isZero = (a: Uint8Array): boolean => a.every((b) => b === 0);

/** Hash types of any shape (net/netfilter/ipset/ip_set_hash_gen.h); their order in a listing is that of insertion. */
export class HashSet extends IpSet {
  readonly #elements = new Map<string, Entry>();
  readonly parts: readonly Part[];
  /** Prefix lengths in use by net dimension, longest first, as test_cidrs walks them. */
  readonly #cidrs = new Map<string, number>();
  #lengths: readonly (readonly number[])[] | null = null;
  /** Keys of elements whose interface name is only a beginning. */
  readonly #wildcards = new Set<string>();

  constructor(sets: IpSets, name: string, type: SetType, create: CreateData) {
    super(sets, name, type, create);
    this.parts = type.parts;
  }

  get bits(): number {
    return this.family === 'inet6' ? 128 : 32;
  }

  entries(): Entry[] {
    for (const [key, e] of this.#elements) if (this.expired(e)) this.#remove(key);
    return [...this.#elements.values()];
  }

  restore(entries: readonly Entry[]): void {
    this.flush();
    for (const e of entries) this.#link(keyOf(e.values), { ...e });
  }

  #link(key: string, e: Entry): void {
    this.#elements.set(key, e);
    const last = e.values[e.values.length - 1];
    if (last.kind === 'iface' && last.wildcard) this.#wildcards.add(key);
    const cidr = this.#cidrKey(e.values);
    if (cidr === null) return;
    const used = this.#cidrs.get(cidr) ?? 0;
    this.#cidrs.set(cidr, used + 1);
    if (used === 0) this.#lengths = null;
  }

  /** Lengths in use by dimension, in the order in which they are tried. */
  #tried(): readonly (readonly number[])[] {
    this.#lengths ??= [...this.#cidrs.keys()].map((k) => k.split(',').map(Number)).sort((a, b) => b[0] - a[0] || (b[1] ?? 0) - (a[1] ?? 0));
    return this.#lengths;
  }

  flush(): void {
    this.#elements.clear();
    this.#cidrs.clear();
    this.#wildcards.clear();
    this.#lengths = null;
  }

  memsize(): number {
    const nets = this.parts.filter((p) => p === 'net').length;
    const size =
      24 +
      2 *
        (8 +
          8 * this.parts.length +
          (this.create.timeout === undefined ? 0 : 8) +
          (this.create.counters ? 16 : 0) +
          (this.create.comment ? 8 : 0) +
          (this.create.skbinfo ? 16 : 0));
    return 208 + (this.bits === 128 ? 16 : 8) + nets * (this.bits === 128 ? 1016 : 240) + this.#elements.size * size;
  }

  sameAs(o: CreateData): boolean {
    const c = this.create;
    const flags = (x: CreateData): string => [x.counters, x.comment, x.skbinfo, x.forceadd].map(Boolean).join();
    return (
      c.maxelem === o.maxelem &&
      c.timeout === o.timeout &&
      c.netmask === o.netmask &&
      c.markmask === o.markmask &&
      c.bucketsize === o.bucketsize &&
      flags(c) === flags(o) &&
      (c.bitmask === undefined) === (o.bitmask === undefined) &&
      (!c.bitmask || !o.bitmask || sameBytes(c.bitmask, o.bitmask))
    );
  }

  #cidrKey(values: readonly Value[]): string | null {
    const nets = values.filter((v) => v.kind === 'net').map((v) => v.cidr);
    return nets.length ? nets.join(',') : null;
  }

  #remove(key: string): void {
    const e = this.#elements.get(key);
    if (!e) return;
    this.#elements.delete(key);
    this.#wildcards.delete(key);
    const cidr = this.#cidrKey(e.values);
    if (cidr === null) return;
    const left = (this.#cidrs.get(cidr) ?? 1) - 1;
    if (left) this.#cidrs.set(cidr, left);
    else {
      this.#cidrs.delete(cidr);
      this.#lengths = null;
    }
  }

  /** mtype_add */
  #add(values: readonly Value[], nomatch: boolean, given: GivenExtension, exist: boolean): SetError | null {
    const key = keyOf(values);
    const old = this.#elements.get(key);
    const live = old && !this.expired(old);
    if (live && !exist) return 'EXIST';
    const max = this.create.maxelem ?? 65536;
    if (!old && this.#elements.size >= max && this.entries().length >= max) return 'HASH_FULL';
    if (old) {
      Object.assign(old, this.extend(live ? old : null, given), { values, nomatch });
      return null;
    }
    this.#link(key, { values, nomatch, ...this.extend(null, given) });
    return null;
  }

  #del(values: readonly Value[]): SetError | null {
    const key = keyOf(values);
    const old = this.#elements.get(key);
    if (!old || this.expired(old)) return 'EXIST';
    this.#remove(key);
    return null;
  }

  /** hash:ip and its like store what the mask leaves. */
  #masked(address: Uint8Array): Uint8Array {
    if (this.create.bitmask) {
      const m = this.create.bitmask;
      return address.map((b, i) => b & m[i]);
    }
    return this.create.netmask === undefined ? address : maskAddress(address, this.create.netmask);
  }

  /** The first (which: 1) or second address of the element as the list of values it stands for. */
  *#addresses(adt: Adt, which: 1 | 2, part: 'ip' | 'net', single: boolean): Generator<Value | SetError> {
    const ip = which === 1 ? adt.ip : adt.ip2;
    const to = which === 1 ? adt.ipTo : adt.ip2To;
    const cidr = which === 1 ? adt.cidr : adt.cidr2;
    if (!ip) {
      yield 'PROTOCOL';
      return;
    }
    if (part === 'net') yield* this.#nets(ip, to, cidr);
    else if (this.bits === 128) {
      if (to) yield 'HASH_RANGE_UNSUPPORTED';
      else if (cidr !== undefined && cidr !== 128) yield 'INVALID_CIDR';
      else yield this.#ipValue(ip);
    } else if (single || (to === undefined && cidr === undefined)) yield this.#ipValue(ip);
    else yield* this.#ips(toInt(ip), to ? toInt(to) : null, cidr);
  }

  #ipValue(ip: Uint8Array): Value | SetError {
    const address = this.#masked(ip);
    return isZero(address) && this.parts.length === 1 ? 'HASH_ELEM' : { kind: 'ip', address };
  }

  *#ips(ip: number, ipTo: number | null, cidr: number | undefined): Generator<Value | SetError> {
    let from = ip;
    let to = ipTo ?? ip;
    if (this.parts.length === 1 && isZero(this.#masked(toBytes(ip)))) {
      yield 'HASH_ELEM';
      return;
    }
    if (ipTo === null) {
      if (cidr === undefined || cidr === 0 || cidr > 32) {
        yield 'INVALID_CIDR';
        return;
      }
      from = (ip & hostMask(cidr)) >>> 0;
      to = (from | (~hostMask(cidr) >>> 0)) >>> 0;
    } else if (from > to) [from, to] = [to, from];
    const step = this.create.netmask === undefined || this.parts.length > 1 ? 1 : 2 ** (32 - this.create.netmask);
    for (let n = from; n <= to; n += step) yield this.#ipValue(toBytes(n));
  }

  *#nets(ip: Uint8Array, to: Uint8Array | undefined, cidr: number | undefined): Generator<Value | SetError> {
    // Only hash:net,iface stores networks of length 0.
    const shortest = this.type.name === 'hash:net,iface' ? 0 : 1;
    const length = cidr ?? this.bits;
    if (length < shortest || length > this.bits) {
      yield 'INVALID_CIDR';
      return;
    }
    if (to === undefined) {
      yield { kind: 'net', address: maskAddress(ip, length), cidr: length };
      return;
    }
    if (this.bits === 128) {
      yield 'HASH_RANGE_UNSUPPORTED';
      return;
    }
    let [from, last] = [toInt(ip), toInt(to)];
    if (from > last) [from, last] = [last, from];
    if (from === 0 && last === 0xffffffff) {
      yield 'HASH_RANGE';
      return;
    }
    // ip_set_range_to_cidr: the largest network that begins here and does not reach beyond the end.
    while (from <= last) {
      let n = 1;
      while (n < 32 && ((from & ~hostMask(n)) >>> 0 !== 0 || (from | (~hostMask(n) >>> 0)) >>> 0 > last)) n++;
      yield { kind: 'net', address: toBytes(from), cidr: n };
      from += 2 ** (32 - n);
    }
  }

  *#ports(adt: Adt): Generator<Value | SetError> {
    if (adt.port === undefined) {
      yield 'PROTOCOL';
      return;
    }
    if (adt.proto === undefined) {
      yield 'MISSING_PROTO';
      return;
    }
    if (adt.proto === 0) {
      yield 'INVALID_PROTO';
      return;
    }
    const icmp = adt.proto === 1 || adt.proto === 58;
    const port = PORTED.has(adt.proto) || icmp ? adt.port : 0;
    let [from, to] = PORTED.has(adt.proto) && adt.portTo !== undefined ? [port, adt.portTo] : [port, port];
    if (from > to) [from, to] = [to, from];
    for (let n = from; n <= to; n++) yield { kind: 'port', proto: adt.proto, port: n };
  }

  /** The values of dimension `at`. */
  *#dimension(adt: Adt, at: number, single: boolean): Generator<Value | SetError> {
    const part = this.parts[at];
    switch (part) {
      case 'ip':
      case 'net':
        yield* this.#addresses(adt, at === 0 ? 1 : 2, part, single || at > 0);
        break;
      case 'port':
        yield* this.#ports(single ? { ...adt, portTo: undefined } : adt);
        break;
      case 'mac':
        if (!adt.mac) yield 'PROTOCOL';
        else if (isZero(adt.mac)) yield 'HASH_ELEM';
        else yield { kind: 'mac', mac: adt.mac };
        break;
      case 'mark':
        if (adt.mark === undefined) yield 'PROTOCOL';
        else yield { kind: 'mark', mark: (adt.mark & (this.create.markmask ?? 0xffffffff)) >>> 0 };
        break;
      case 'iface':
        if (adt.iface === undefined) yield 'PROTOCOL';
        else yield { kind: 'iface', name: adt.iface, physdev: adt.physdev ?? false, wildcard: adt.wildcard ?? false };
        break;
    }
  }

  /** All elements that one command stands for, the first dimension slowest. */
  *#unroll(adt: Adt, single: boolean, done: readonly Value[] = []): Generator<readonly Value[] | SetError> {
    if (done.length === this.parts.length) {
      yield done;
      return;
    }
    for (const v of this.#dimension(adt, done.length, single)) {
      if (typeof v === 'string') {
        yield v;
        return;
      }
      yield* this.#unroll(adt, single, [...done, v]);
    }
  }

  change(op: 'add' | 'del', adt: Adt, exist: boolean): SetError | null {
    const refused = this.refuses(adt);
    if (refused) return refused;
    for (const values of this.#unroll(adt, false)) {
      if (typeof values === 'string') return values;
      const error = op === 'add' ? this.#add(values, adt.nomatch ?? false, adt, exist) : this.#del(values);
      if (error && !(error === 'EXIST' && exist)) return error;
    }
    return null;
  }

  test(adt: Adt): boolean {
    for (const values of this.#unroll(adt, true)) {
      if (typeof values === 'string') return false;
      const found = this.#lookup(values);
      return found !== null && (this.type.nomatch ? found.nomatch === (adt.nomatch ?? false) : true);
    }
    return false;
  }

  /** mtype_test: a whole address is looked for under every prefix length in use. */
  #lookup(values: readonly Value[], accept: (e: Entry) => boolean = () => true): Entry | null {
    const nets = values.filter((v) => v.kind === 'net');
    const found = (v: readonly Value[]): Entry | null => {
      const e = this.#find(v);
      return e && !this.expired(e) && accept(e) ? e : null;
    };
    if (nets.length === 0 || nets.some((v) => v.cidr !== this.bits)) return found(values);
    for (const length of this.#tried()) {
      let at = 0;
      const e = found(
        values.map((v) => {
          if (v.kind !== 'net') return v;
          const cidr = length[at++];
          return { kind: 'net' as const, address: maskAddress(v.address, cidr), cidr };
        }),
      );
      if (e) return e;
    }
    return null;
  }

  #find(values: readonly Value[]): Entry | undefined {
    const exact = this.#elements.get(keyOf(values));
    const last = values[values.length - 1];
    if (exact || last.kind !== 'iface') return exact;
    const begin = `${keyOf(values.slice(0, -1))},`;
    for (const key of this.#wildcards) {
      if (!key.startsWith(begin)) continue;
      const e = this.#elements.get(key);
      const iface = e?.values[e.values.length - 1];
      if (iface?.kind === 'iface' && iface.wildcard && iface.physdev === last.physdev && last.name.startsWith(iface.name)) return e;
    }
    return undefined;
  }

  /** The packet's element; null: it has none (a fragment without ports, no address of this family …). */
  #packetValues(skb: Skb, state: HookState, o: PacketOptions, op: 'test' | 'change'): readonly Value[] | null {
    const out: Value[] = [];
    let netAt = 0;
    const longest = (): number => {
      const n = netAt++;
      return Math.max(0, ...this.#tried().map((l) => l[n])) || this.bits;
    };
    for (let at = 0; at < this.parts.length; at++) {
      const v = fromPacket(this.parts[at], skb, state, (o.flags & (2 << at)) !== 0);
      if (!v) return null;
      if (v.kind === 'ip') out.push({ kind: 'ip', address: this.#masked(v.address) });
      else if (v.kind === 'net') {
        const cidr = op === 'test' ? this.bits : longest();
        out.push({ kind: 'net', address: maskAddress(v.address, cidr), cidr });
      } else if (v.kind === 'mark') out.push({ kind: 'mark', mark: (v.mark & (this.create.markmask ?? 0xffffffff)) >>> 0 });
      else out.push(v);
    }
    const first = out[0];
    return this.parts.length === 1 && first.kind === 'ip' && isZero(first.address) ? null : out;
  }

  packetTest(skb: Skb, state: HookState, o: PacketOptions): Tested {
    const values = this.#packetValues(skb, state, o, 'test');
    const e = values && this.#lookup(values, (x) => this.matchExtension(x, skb, o));
    return e ? (e.nomatch ? 'nomatch' : true) : false;
  }

  packetChange(op: 'add' | 'del', skb: Skb, state: HookState, o: PacketOptions): void {
    const values = this.#packetValues(skb, state, o, 'change');
    if (!values) return;
    if (op === 'add') this.#add(values, false, this.packetExtension(skb, o), o.exist ?? false);
    else this.#del(values);
  }
}
