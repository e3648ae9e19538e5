import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { destination, source } from '../xt/packet.ts';
import type { SetType } from './definition.ts';
import { hostMask, sameBytes, toBytes, toInt } from './entry.ts';
import type { Adt, Entry, Extension, GivenExtension, SetError, Tested, Value } from './entry.ts';
import type { IpSets } from './ipsets.ts';
import { macOf, portOf } from './packet.ts';
import { IpSet } from './set.ts';
import type { CreateData, PacketOptions } from './set.ts';

const MAX = 0xffff;

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}
interface Cell extends Extension {
  mac: Uint8Array | null;
}

/** range_to_mask: the length of the prefix that is exactly this range; null: none is. */
function prefixOf(from: number, to: number): number | null {
  for (let n = 31; n >= 1; n--) {
    const mask = hostMask(n);
    if ((from & mask) >>> 0 === from && (from | ~mask) >>> 0 === to) return n;
    if ((from & mask) >>> 0 < from || (from | ~mask) >>> 0 > to) break;
  }
  return null;
}

function addressRange(c: CreateData): Range | SetError {
  if (!c.ip) return 'PROTOCOL';
  let first = toInt(c.ip);
  let last: number;
  if (c.ipTo) {
    last = toInt(c.ipTo);
    if (first > last) [first, last] = [last, first];
  } else if (c.cidr === undefined) return 'PROTOCOL';
  else {
    if (c.cidr >= 32) return 'INVALID_CIDR';
    first = (first & hostMask(c.cidr)) >>> 0;
    last = (first | (~hostMask(c.cidr) >>> 0)) >>> 0;
  }
  if (c.netmask === undefined || c.netmask === 32) return last - first + 1 > MAX + 1 ? 'BITMAP_RANGE_SIZE' : { first, last, step: 1 };
  first = (first & hostMask(c.netmask)) >>> 0;
  last = (last | (~hostMask(c.netmask) >>> 0)) >>> 0;
  const whole = first === 0 && last === 0xffffffff;
  const bits = whole ? 0 : prefixOf(first, last);
  if (bits === null || c.netmask <= bits) return 'BITMAP_RANGE';
  return 2 ** (c.netmask - bits) > MAX + 1 ? 'BITMAP_RANGE_SIZE' : { first, last, step: 2 ** (32 - c.netmask) };
}

export function makeBitmap(type: SetType, sets: IpSets, name: string, c: CreateData): IpSet | SetError {
  if (type.parts[0] === 'port') {
    if (c.port === undefined || c.portTo === undefined) return 'PROTOCOL';
    const [first, last] = c.port > c.portTo ? [c.portTo, c.port] : [c.port, c.portTo];
    return new BitmapSet(sets, name, type, c, { first, last, step: 1 });
  }
  const range = addressRange(c);
  return typeof range === 'string' ? range : new BitmapSet(sets, name, type, c.netmask === 32 ? { ...c, netmask: undefined } : c, range);
}

/** bitmap:ip, bitmap:ip,mac and bitmap:port (net/netfilter/ipset/ip_set_bitmap_gen.h). */
export class BitmapSet extends IpSet {
  readonly range: Range;
  readonly #cells = new Map<number, Cell>();

  constructor(sets: IpSets, name: string, type: SetType, create: CreateData, range: Range) {
    super(sets, name, type, create);
    this.range = range;
  }

  get #ports(): boolean {
    return this.type.parts[0] === 'port';
  }
  get #macs(): boolean {
    return this.type.parts.length === 2;
  }

  #values(n: number, cell: Cell): readonly Value[] {
    if (this.#ports) return [{ kind: 'port', proto: 6, port: n }];
    const ip: Value = { kind: 'ip', address: toBytes(n) };
    return this.#macs ? [ip, { kind: 'mac', mac: cell.mac }] : [ip];
  }

  entries(): Entry[] {
    const out: Entry[] = [];
    for (const n of [...this.#cells.keys()].sort((a, b) => a - b)) {
      const cell = this.#cells.get(n);
      if (!cell) continue;
      if (this.expired(cell)) this.#cells.delete(n);
      else out.push(Object.assign(cell, { values: this.#values(n, cell), nomatch: false }));
    }
    return out;
  }

  restore(entries: readonly Entry[]): void {
    this.#cells.clear();
    for (const e of entries) {
      const [v, mac] = e.values;
      if (v.kind !== 'port' && v.kind !== 'ip') continue;
      this.#cells.set(v.kind === 'port' ? v.port : toInt(v.address), { ...e, mac: mac?.kind === 'mac' ? mac.mac : null });
    }
  }

  flush(): void {
    this.#cells.clear();
  }
  memsize(): number {
    return 88 + Math.ceil((this.range.last - this.range.first + 1) / this.range.step / 64) * 8;
  }
  sameAs(o: CreateData): boolean {
    const other = this.#ports ? null : addressRange(o);
    const same = this.#ports
      ? Math.min(o.port ?? 0, o.portTo ?? 0) === this.range.first && Math.max(o.port ?? 0, o.portTo ?? 0) === this.range.last
      : other !== null && typeof other !== 'string' && other.first === this.range.first && other.last === this.range.last && other.step === this.range.step;
    const flags = (x: CreateData): string => [x.counters, x.comment, x.skbinfo].map(Boolean).join();
    return same && this.create.timeout === o.timeout && flags(this.create) === flags(o);
  }

  #slot(n: number): number {
    return this.range.step === 1 ? n : n - ((n - this.range.first) % this.range.step);
  }

  #add(n: number, mac: Uint8Array | undefined, given: GivenExtension, exist: boolean): SetError | null {
    const at = this.#slot(n);
    const old = this.#cells.get(at);
    const live = old !== undefined && !this.expired(old);
    // An address that waits for its MAC gets it: not an element that was there already.
    const fills = live && this.#macs && old.mac === null && mac !== undefined;
    if (live && !fills && !exist) return 'EXIST';
    this.#cells.set(at, { ...this.extend(live ? old : null, given), mac: mac ?? null });
    return null;
  }

  #bounds(adt: Adt): { from: number; to: number } | SetError {
    if (this.#ports) {
      if (adt.port === undefined) return 'PROTOCOL';
      const to = adt.portTo ?? adt.port;
      return adt.port > to ? { from: to, to: adt.port } : { from: adt.port, to };
    }
    if (!adt.ip) return 'PROTOCOL';
    const ip = toInt(adt.ip);
    if (ip < this.range.first || ip > this.range.last) return 'BITMAP_RANGE';
    if (adt.ipTo) {
      const to = toInt(adt.ipTo);
      return ip > to ? { from: to, to: ip } : { from: ip, to };
    }
    if (adt.cidr === undefined) return { from: ip, to: ip };
    if (adt.cidr === 0 || adt.cidr > 32) return 'INVALID_CIDR';
    const from = (ip & hostMask(adt.cidr)) >>> 0;
    return { from, to: (from | (~hostMask(adt.cidr) >>> 0)) >>> 0 };
  }

  change(op: 'add' | 'del', adt: Adt, exist: boolean): SetError | null {
    const refused = this.refuses(adt);
    if (refused) return refused;
    const b = this.#bounds(adt);
    if (typeof b === 'string') return b;
    if (b.from < this.range.first || b.to > this.range.last) return 'BITMAP_RANGE';
    for (let n = b.from; n <= b.to; n += this.range.step) {
      const error = op === 'add' ? this.#add(n, adt.mac, adt, exist) : this.#del(n);
      if (error && !(error === 'EXIST' && exist)) return error;
    }
    return null;
  }

  #del(n: number): SetError | null {
    const at = this.#slot(n);
    const old = this.#cells.get(at);
    if (!old || this.expired(old)) return 'EXIST';
    this.#cells.delete(at);
    return null;
  }

  test(adt: Adt): boolean {
    const b = this.#bounds(adt);
    if (typeof b === 'string' || b.from < this.range.first || b.from > this.range.last) return false;
    const cell = this.#cells.get(this.#slot(b.from));
    if (!cell || this.expired(cell)) return false;
    return !this.#macs || cell.mac === null || adt.mac === undefined || sameBytes(cell.mac, adt.mac);
  }

  #packet(skb: Skb, o: PacketOptions): { readonly n: number; readonly mac?: Uint8Array } | null {
    const src = (o.flags & 2) !== 0;
    if (this.#ports) {
      const p = portOf(skb, src);
      return p && (p.proto === 6 || p.proto === 17) && p.port >= this.range.first && p.port <= this.range.last ? { n: p.port } : null;
    }
    const address = src ? source(skb) : destination(skb);
    if (address.length !== 4) return null;
    const n = toInt(address);
    if (n < this.range.first || n > this.range.last) return null;
    if (!this.#macs) return { n };
    const mac = macOf(skb, (o.flags & 4) !== 0);
    return mac && { n, mac };
  }

  packetTest(skb: Skb, _state: HookState, o: PacketOptions): Tested {
    const p = this.#packet(skb, o);
    const cell = p && this.#cells.get(this.#slot(p.n));
    if (!cell || this.expired(cell)) return false;
    if (this.#macs && cell.mac === null) return 'fill';
    if (this.#macs && cell.mac && !(p.mac && sameBytes(cell.mac, p.mac))) return false;
    return this.matchExtension(cell, skb, o);
  }

  packetChange(op: 'add' | 'del', skb: Skb, _state: HookState, o: PacketOptions): void {
    const p = this.#packet(skb, o);
    if (!p) return;
    if (op === 'add') this.#add(p.n, p.mac, this.packetExtension(skb, o), o.exist ?? false);
    else this.#del(p.n);
  }
}
