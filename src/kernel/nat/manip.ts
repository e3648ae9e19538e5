import { sctpChecksum } from '../net/wire/crc32c.ts';
import type { Tuple } from '../conntrack/entry.ts';
import { type Skb, SUMMED } from '../net/skb.ts';
import { addressReplaced } from '../net/transport-sum.ts';
import { put16, replace4, u16, u32 } from '../net/wire/bytes.ts';
import { IPPROTO, IP_OFFSET, ip4HeaderLen, skipExtensions } from '../net/wire/ip.ts';
import type { Manip } from './core.ts';

/** Rewriting of headers (net/netfilter/nf_nat_proto.c). */

/** nf_csum_update: the pseudo header's part of a transport checksum, for the address at `o`. */
function pseudoUpdate(skb: Skb, at: number, o: number, v4: boolean, target: Tuple, manip: Manip): void {
  const fresh = manip === 'src' ? target.src : target.dst,
    f = o + (v4 ? (manip === 'src' ? 12 : 16) : manip === 'src' ? 8 : 24);
  addressReplaced(skb, at, skb.data.subarray(f, f + fresh.length), fresh);
}

/** l4proto_manip_pkt */
function manipulateL4(skb: Skb, o: number, at: number, v4: boolean, target: Tuple, manip: Manip): boolean {
  const b = skb.data;
  const port = manip === 'src' ? target.sport : target.dport,
    portAt = at + (manip === 'src' ? 0 : 2);
  const left = b.length - at;
  switch (target.protonum) {
    case IPPROTO.TCP: {
      if (left < 8) return false;
      const old = u16(b, portAt);
      put16(b, portAt, port);
      if (left < 20) return true;
      pseudoUpdate(skb, at + 16, o, v4, target, manip);
      if (skb.summed !== SUMMED.partial) put16(b, at + 16, replace4(u16(b, at + 16), old, port));
      return true;
    }
    case IPPROTO.UDP:
    case IPPROTO.UDPLITE: {
      if (left < 8) return false;
      const old = u16(b, portAt);
      if (target.protonum === IPPROTO.UDPLITE || u16(b, at + 6) !== 0) {
        pseudoUpdate(skb, at + 6, o, v4, target, manip);
        put16(b, at + 6, replace4(u16(b, at + 6), old, port) || 0xffff);
      }
      put16(b, portAt, port);
      return true;
    }
    case IPPROTO.SCTP:
      if (left < 8) return false;
      put16(b, portAt, port);
      if (left >= 12) b.set(sctpChecksum(b, at), at + 8);
      return true;
    case IPPROTO.ICMP: {
      if (left < 8) return false;
      const type = b[at];
      if (type !== 0 && type !== 8 && (type < 13 || type > 18)) return true;
      put16(b, at + 2, replace4(u16(b, at + 2), u16(b, at + 4), target.sport));
      put16(b, at + 4, target.sport);
      return true;
    }
    case IPPROTO.ICMPV6:
      if (left < 8) return false;
      pseudoUpdate(skb, at + 2, o, v4, target, manip);
      if (b[at] === 128 || b[at] === 129) {
        put16(b, at + 2, replace4(u16(b, at + 2), u16(b, at + 4), target.sport));
        put16(b, at + 4, target.sport);
      }
      return true;
    case IPPROTO.GRE:
      // Only PPTP's call id, and only the destination's.
      if (left < 8) return false;
      if ((b[at + 1] & 7) !== 1 || manip !== 'dst') return true;
      put16(b, at + 6, target.dport);
      return true;
    default:
      return true;
  }
}

/** nf_nat_ipv4_manip_pkt; `o`: the IP header at work, the packet's own or one quoted in an ICMP error. */
export function manipulate4(skb: Skb, o: number, target: Tuple, manip: Manip): boolean {
  const b = skb.data;
  if (b.length < o + 20) return false;
  if (!(u16(b, o + 6) & IP_OFFSET) && !manipulateL4(skb, o, o + ip4HeaderLen(b, o), true, target, manip)) return false;
  const fresh = manip === 'src' ? target.src : target.dst,
    at = o + (manip === 'src' ? 12 : 16);
  put16(b, o + 10, replace4(u16(b, o + 10), u32(b, at), u32(fresh, 0)));
  b.set(fresh, at);
  return true;
}

/** nf_nat_ipv6_manip_pkt */
export function manipulate6(skb: Skb, o: number, target: Tuple, manip: Manip): boolean {
  const b = skb.data;
  if (b.length < o + 40) return false;
  const end = skipExtensions(b, o + 40, b[o + 6]);
  if (end && !(end.fragOff & ~7) && !manipulateL4(skb, o, end.offset, false, target, manip)) return false;
  b.set(manip === 'src' ? target.src : target.dst, o + (manip === 'src' ? 8 : 24));
  return true;
}
