import type { Skb } from '../net/skb.ts';
import { partSumRight, transportSumRight } from '../net/transport-sum.ts';
import { u16 } from '../net/wire/bytes.ts';
import { IPPROTO, IP_OFFSET, ip4HeaderLen, ip6Dst, ip6Src, skipExtensions } from '../net/wire/ip.ts';
import type { Netns } from '../netns.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Tuple } from './entry.ts';

/** Pairs of ICMP queries and answers (invmap). */
const INVERSE4: Readonly<Record<number, number>> = { 8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17 };
const INVERSE6: Readonly<Record<number, number>> = { 128: 129, 129: 128, 139: 140, 140: 139 };

/** get_l4proto: where the transport header is, and which; null: cannot be tracked. */
export function findL4(b: Uint8Array, o: number, family: 4 | 6): { at: number; protonum: number } | null {
  if (family === 4) {
    if (b.length < o + 20 || u16(b, o + 6) & IP_OFFSET) return null;
    const at = o + ip4HeaderLen(b, o);
    return at > b.length ? null : { at, protonum: b[o + 9] };
  }
  if (b.length < o + 40) return null;
  const end = skipExtensions(b, o + 40, b[o + 6]);
  return !end || end.fragOff & ~7 ? null : { at: end.offset, protonum: end.next };
}

const SHARED = 4096;
const shared = new Array<Uint8Array | null>(SHARED).fill(null);

/** An IPv4 address of a packet. Tuples never change theirs, so that those of the same address may share one array. */
function address4(b: Uint8Array, at: number): Uint8Array {
  const place = (b[at] ^ (b[at + 1] << 3) ^ (b[at + 2] << 4) ^ b[at + 3]) & (SHARED - 1),
    known = shared[place];
  if (known !== null && known[3] === b[at + 3] && known[2] === b[at + 2] && known[1] === b[at + 1] && known[0] === b[at]) return known;
  return (shared[place] = b.slice(at, at + 4));
}

/** nf_ct_get_tuple of the headers at `o`. `greKey`: gre_keymap_lookup. */
export function tupleOf(b: Uint8Array, o: number, family: 4 | 6, at: number, protonum: number, greKey: (t: Tuple) => number): Tuple | null {
  const l3num = family === 4 ? 2 : 10,
    src = family === 4 ? address4(b, o + 12) : ip6Src(b, o),
    dst = family === 4 ? address4(b, o + 16) : ip6Dst(b, o);
  const ports = (sport: number, dport: number): Tuple => ({ l3num, protonum, src, dst, sport, dport });
  switch (protonum) {
    case IPPROTO.ICMP:
    case IPPROTO.ICMPV6:
      if (at + 8 > b.length) return null;
      return { ...ports(u16(b, at + 4), 0), icmp: { type: b[at], code: b[at + 1] } };
    case IPPROTO.TCP:
    case IPPROTO.UDP:
    case IPPROTO.UDPLITE:
    case IPPROTO.SCTP:
      if (at + 4 > b.length) return null;
      return ports(u16(b, at), u16(b, at + 2));
    case IPPROTO.GRE: {
      if (at + 4 > b.length || (b[at + 1] & 7) !== 1) return ports(0, 0);
      if (at + 8 > b.length) return ports(0, 0);
      if (u16(b, at + 2) !== 0x880b) return null;
      const half = ports(0, u16(b, at + 6));
      return { ...half, sport: greKey(half) };
    }
    default:
      return ports(0, 0);
  }
}

/** nf_ct_invert_tuple */
export function invertTuple(t: Tuple): Tuple | null {
  const { l3num, protonum } = t;
  if (protonum === IPPROTO.ICMP || protonum === IPPROTO.ICMPV6) {
    const inverse = (protonum === IPPROTO.ICMP ? INVERSE4 : INVERSE6)[t.icmp?.type ?? -1];
    return inverse === undefined ? null : { l3num, protonum, src: t.dst, dst: t.src, sport: t.sport, dport: t.dport, icmp: { type: inverse, code: t.icmp?.code ?? 0 } };
  }
  return { l3num, protonum, src: t.dst, dst: t.src, sport: t.dport, dport: t.sport };
}

/** nf_checksum: wrong? Only asked at prerouting, and only where net.netfilter.nf_conntrack_checksum says so. `length`: UDP-Lite's coverage. */
export function badChecksum(net: Netns, state: HookState, skb: Skb, at: number, protonum: number, length?: number): boolean {
  if (!net.conntrack.conf.checksum || state.hook !== 'prerouting') return false;
  if (length === undefined) return !transportSumRight(skb, state.hook, at, protonum);
  // udplite_error asks for UDP's pseudo header: datagrams with a right checksum count as wrong.
  return !partSumRight(skb, state.hook, at, IPPROTO.UDP, length);
}
