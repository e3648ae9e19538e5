import type { Skb } from '../net/skb.ts';
import { u16 } from '../net/wire/bytes.ts';
import { IPPROTO, IP_OFFSET, ip4Dst, ip4HeaderLen, ip4Src, ip6Dst, ip6Src, skipExtensions } from '../net/wire/ip.ts';
import type { Endpoints } from './event.ts';

const PORTS = new Set<number>([IPPROTO.TCP, IPPROTO.UDP, IPPROTO.UDPLITE, IPPROTO.SCTP, IPPROTO.DCCP]);
const ICMP_QUERIES = new Set([0, 8, 13, 14, 15, 16, 17, 18]),
  ICMPV6_QUERIES = new Set([128, 129, 139, 140]);

/** Between whom a packet of IPv4 or IPv6 goes, as its headers say now. */
export function endpointsOf(skb: Skb): Endpoints {
  const b = skb.data,
    o = skb.network,
    v4 = b[o] >> 4 === 4;
  const end = v4 ? { offset: o + ip4HeaderLen(b, o), next: b[o + 9], fragOff: u16(b, o + 6) & IP_OFFSET } : skipExtensions(b, o + 40, b[o + 6]);
  const at = end?.offset ?? b.length;
  let sport: number | null = null,
    dport: number | null = null;
  if (end && (v4 ? end.fragOff : end.fragOff & ~7) === 0) {
    if (PORTS.has(end.next) && at + 4 <= b.length) [sport, dport] = [u16(b, at), u16(b, at + 2)];
    else if (at + 8 <= b.length && ((end.next === IPPROTO.ICMP && ICMP_QUERIES.has(b[at])) || (end.next === IPPROTO.ICMPV6 && ICMPV6_QUERIES.has(b[at]))))
      sport = dport = u16(b, at + 4);
  }
  return { src: v4 ? ip4Src(b, o) : ip6Src(b, o), dst: v4 ? ip4Dst(b, o) : ip6Dst(b, o), sport, dport };
}
