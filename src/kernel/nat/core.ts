import { dirOf } from '../conntrack/protocol.ts';
import { invertTuple } from '../conntrack/l4.ts';
import { IPS, IPS_NAT_MASK } from '../conntrack/entry.ts';
import type { Conntrack, Dir, Tuple } from '../conntrack/entry.ts';
import { sameBytes, sameTuple, zoneId } from '../conntrack/tuple.ts';
import { jhash } from '../net/jhash.ts';
import { RANGE } from '../expr/nat-range.ts';
import type { NatRange } from '../expr/services.ts';
import type { Skb } from '../net/skb.ts';
import { u32 } from '../net/wire/bytes.ts';
import { IPPROTO } from '../net/wire/ip.ts';
import type { Netns } from '../netns.ts';
import { manipulate4, manipulate6 } from './manip.ts';

export type Manip = 'src' | 'dst';

const RANDOM_ALL = RANGE.PROTO_RANDOM | RANGE.PROTO_RANDOM_FULLY;
const MAX_ATTEMPTS = 128;
const TCP_TIME_WAIT = 7,
  TCP_CLOSE = 8;

/** The address translator of a namespace (net/netfilter/nf_nat_core.c). */
export class Nat {
  readonly #net: Netns;
  /** nf_nat_bysource: connections by the source part of their original tuple. */
  #sources: Map<string, Conntrack[]> | null = null;
  #generation = 0;

  constructor(net: Netns) {
    this.#net = net;
  }

  /** Made from the table when first wanted: a host that was read from its state has connections already. */
  get #bySource(): Map<string, Conntrack[]> {
    const table = this.#net.conntrack;
    if (!this.#sources || this.#generation !== table.generation) {
      this.#sources = new Map();
      this.#generation = table.generation;
      table.keepsSources = true;
      for (const ct of table.entries()) if (ct.status & IPS.SRC_NAT_DONE) this.#remember(ct);
    }
    return this.#sources;
  }

  initialized(ct: Conntrack, manip: Manip): boolean {
    return (ct.status & (manip === 'src' ? IPS.SRC_NAT_DONE : IPS.DST_NAT_DONE)) !== 0;
  }

  /** nf_nat_setup_info */
  setup(ct: Conntrack, range: NatRange, manip: Manip): boolean {
    if (ct.status & IPS.CONFIRMED) return true;
    if (this.initialized(ct, manip)) return false;
    const current = invertTuple(ct.reply);
    if (!current) return false;
    const fresh = this.#unique(current, range, ct, manip);
    if (!sameTuple(fresh, current)) {
      const reply = invertTuple(fresh);
      if (reply) this.#net.conntrack.alterReply(ct, reply);
      ct.status |= manip === 'src' ? IPS.SRC_NAT : IPS.DST_NAT;
      if (ct.helper !== null)
        ct.seqadj ??= [
          { correctionPos: 0, offsetBefore: 0, offsetAfter: 0 },
          { correctionPos: 0, offsetBefore: 0, offsetAfter: 0 },
        ];
    }
    if (manip === 'src') this.#remember(ct);
    ct.status |= manip === 'src' ? IPS.SRC_NAT_DONE : IPS.DST_NAT_DONE;
    return true;
  }

  /** nf_nat_alloc_null_binding: no rule wanted it, but the tuple must be unique all the same. */
  nullBinding(ct: Conntrack, manip: Manip): boolean {
    const ip = manip === 'src' ? ct.reply.dst : ct.reply.src;
    return this.setup(ct, { flags: RANGE.MAP_IPS, min: ip, max: ip, minPort: 0, maxPort: 0, basePort: 0 }, manip);
  }

  #remember(ct: Conntrack): void {
    const key = sourceKey(ct.original);
    const list = (this.#bySource.get(key) ?? []).filter((c) => !(c.status & IPS.DYING));
    list.push(ct);
    this.#bySource.set(key, list);
    if (this.#bySource.size > 2 * this.#net.conntrack.count + 4096) for (const [k, l] of this.#bySource) if (l.every((c) => !c.hashed)) this.#bySource.delete(k);
  }

  #used(t: Tuple, ct: Conntrack): boolean {
    const reply = invertTuple(t);
    return reply !== null && this.#net.conntrack.taken(reply, ct.zone, ct);
  }

  /** nf_nat_used_tuple_harder: late in the search closing TCP connections make room. */
  #usedHarder(t: Tuple, ct: Conntrack, left: number): boolean {
    if (!this.#used(t, ct)) return false;
    if (left > 32 || t.protonum !== IPPROTO.TCP) return true;
    const reply = invertTuple(t);
    const found = reply && this.#net.conntrack.find(ct.zone, reply);
    if (!found || found.ct === ct) return true;
    const p = found.ct.proto;
    if (p.kind !== 'tcp' || found.ct.status & IPS.FIXED_TIMEOUT || (p.state !== TCP_TIME_WAIT && p.state !== TCP_CLOSE)) return true;
    return !(found.ct.status & IPS.ASSURED) || !this.#net.conntrack.kill(found.ct);
  }

  /** get_unique_tuple */
  #unique(orig: Tuple, range: NatRange, ct: Conntrack, manip: Manip): Tuple {
    const random = (range.flags & RANDOM_ALL) !== 0;
    if (manip === 'src' && !random) {
      if (inRange(orig, range)) {
        if (!this.#used(orig, ct)) return orig;
      } else {
        const mapped = this.#appropriate(orig, range, ct);
        if (mapped && !this.#used(mapped, ct)) return mapped;
      }
    }
    const tuple = bestAddress(orig, range, ct, manip);
    if (!random) {
      if (range.flags & RANGE.PROTO_SPECIFIED) {
        if (!(range.flags & RANGE.PROTO_OFFSET) && portInRange(tuple, manip, range) && (range.minPort === range.maxPort || !this.#used(tuple, ct))) return tuple;
      } else if (!this.#used(tuple, ct)) return tuple;
    }
    return this.#uniquePort(tuple, range, ct, manip);
  }

  /** find_appropriate_src: the same source keeps its mapping. */
  #appropriate(orig: Tuple, range: NatRange, ct: Conntrack): Tuple | null {
    for (const other of this.#bySource.get(sourceKey(orig)) ?? []) {
      if (other.status & IPS.DYING || zoneId(other.zone, 0) !== zoneId(ct.zone, 0)) continue;
      const mapped = invertTuple(other.reply);
      if (!mapped) continue;
      const result: Tuple = { ...mapped, dst: orig.dst, dport: orig.dport, ...(orig.icmp && { icmp: orig.icmp }) };
      if (inRange(result, range)) return result;
    }
    return null;
  }

  /** nf_nat_l4proto_unique_tuple */
  #uniquePort(tuple: Tuple, range: NatRange, ct: Conntrack, manip: Manip): Tuple {
    const specified = (range.flags & RANGE.PROTO_SPECIFIED) !== 0;
    let min = Math.min(range.minPort, range.maxPort),
      size = Math.abs(range.maxPort - range.minPort) + 1,
      key: 'sport' | 'dport' = manip === 'src' ? 'sport' : 'dport';
    switch (tuple.protonum) {
      case IPPROTO.ICMP:
      case IPPROTO.ICMPV6:
        key = 'sport';
        if (!specified) {
          min = 0;
          size = 65536;
        }
        break;
      case IPPROTO.GRE:
        if (!ct.master) return tuple;
        if (!specified) {
          min = 1;
          size = 65535;
        }
        break;
      case IPPROTO.TCP:
      case IPPROTO.UDP:
      case IPPROTO.UDPLITE:
      case IPPROTO.SCTP:
        if (!specified) {
          if (manip === 'dst') return tuple;
          const port = tuple.sport;
          if (port < 512) {
            min = 1;
            size = 511;
          } else if (port < 1024) {
            min = 600;
            size = 424;
          } else {
            min = 1024;
            size = 64512;
          }
        }
        break;
      default:
        return tuple;
    }
    const random16 = (): number => this.#net.random.below(0x10000);
    let off = range.flags & RANGE.PROTO_OFFSET ? (tuple[key] - range.basePort) & 0xffff : range.flags & RANDOM_ALL || manip !== 'dst' ? random16() : 0;
    let best = tuple;
    for (let attempts = Math.min(size, MAX_ATTEMPTS); ; attempts >>= 1, off = random16()) {
      for (let i = 0; i < attempts; i++, off = (off + 1) & 0xffff) {
        best = { ...tuple, [key]: min + (off % size) };
        if (!this.#usedHarder(best, ct, attempts - i)) return best;
      }
      if (attempts >= size || attempts < 16) return best;
    }
  }

  /** nf_nat_packet: rewrites as the connection says. */
  packet(skb: Skb, ct: Conntrack, manip: Manip): boolean {
    const dir = dirOf(skb.ctinfo);
    let bit: number = manip === 'src' ? IPS.SRC_NAT : IPS.DST_NAT;
    if (dir === 1) bit ^= IPS_NAT_MASK;
    if (!(ct.status & bit)) return true;
    return this.manipulate(skb, ct, manip, dir);
  }

  /** nf_nat_manip_pkt */
  manipulate(skb: Skb, ct: Conntrack, manip: Manip, dir: Dir): boolean {
    const target = invertTuple(ct.tuple(dir === 0 ? 1 : 0));
    if (!target) return false;
    return target.l3num === 2 ? manipulate4(skb, skb.network, target, manip) : manipulate6(skb, skb.network, target, manip);
  }

  /** masq_device_event: connections that were hidden behind a device die with it. */
  deviceDown(index: number): void {
    for (const ct of this.#net.conntrack.entries()) if (ct.natInfo?.masqIndex === index) this.#net.conntrack.kill(ct);
  }
}

const sourceKey = (t: Tuple): string => `${t.protonum} ${t.sport} ${t.src.join('.')}`;

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

const portInRange = (t: Tuple, manip: Manip, r: NatRange): boolean => {
  const port = t.protonum === IPPROTO.ICMP || t.protonum === IPPROTO.ICMPV6 || manip === 'src' ? t.sport : t.dport;
  return t.protonum === IPPROTO.GRE || [IPPROTO.ICMP, IPPROTO.ICMPV6, IPPROTO.TCP, IPPROTO.UDP, IPPROTO.UDPLITE, IPPROTO.SCTP].some((p) => p === t.protonum)
    ? port >= r.minPort && port <= r.maxPort
    : true;
};

/** nf_in_range */
function inRange(t: Tuple, r: NatRange): boolean {
  if (r.flags & RANGE.MAP_IPS && (compare(t.src, r.min) < 0 || compare(t.src, r.max) > 0)) return false;
  return !(r.flags & RANGE.PROTO_SPECIFIED) || portInRange(t, 'src', r);
}

const swap = (n: number): number => (((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24)) >>> 0;

/** find_best_ips_proto: a hash of the addresses picks within the range. */
function bestAddress(orig: Tuple, r: NatRange, ct: Conntrack, manip: Manip): Tuple {
  if (!(r.flags & RANGE.MAP_IPS)) return orig;
  const put = (a: Uint8Array): Tuple => (manip === 'src' ? { ...orig, src: a } : { ...orig, dst: a });
  if (sameBytes(r.min, r.max)) return put(r.min);
  const words = r.min.length / 4,
    persistent = (r.flags & RANGE.PERSISTENT) !== 0;
  const key = new Uint8Array(16);
  key.set(orig.src);
  const dstWord = (i: number): number => swap(u32(orig.dst, i * 4));
  let j = jhash(key, persistent ? 0 : (dstWord(words - 1) ^ ct.zone.id) | 0);
  const out = new Uint8Array(r.min.length);
  let full = false;
  for (let i = 0; i < words; i++) {
    const low = full ? 0 : u32(r.min, i * 4),
      high = u32(r.max, i * 4);
    const dist = full ? 0xffffffff : (high - low + 1) >>> 0;
    const v = (low + Number((BigInt(j >>> 0) * BigInt(dist)) >> 32n)) >>> 0;
    out[i * 4] = v >>> 24;
    out[i * 4 + 1] = (v >>> 16) & 255;
    out[i * 4 + 2] = (v >>> 8) & 255;
    out[i * 4 + 3] = v & 255;
    if (v !== high) full = true;
    if (!persistent) j ^= swap(u32(manip === 'dst' ? out : orig.dst, i * 4));
  }
  return put(out);
}
