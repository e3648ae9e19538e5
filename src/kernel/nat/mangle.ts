import { dirOf } from '../conntrack/protocol.ts';
import type { Conntrack } from '../conntrack/entry.ts';
import { setSeqAdjust } from '../conntrack/seqadj.ts';
import type { Netns } from '../netns.ts';
import type { Skb } from '../net/skb.ts';
import { checksum, concat, pseudo, put16, u16, u32 } from '../net/wire/bytes.ts';
import { IPPROTO, ip4Check, ip4Dst, ip4Src, ip6Dst, ip6Src } from '../net/wire/ip.ts';

/** Changes of payload by NAT helpers (net/netfilter/nf_nat_helper.c). `at`: transport header; `off`, `len`: in the payload. */

function replacePayload(skb: Skb, from: number, len: number, text: Uint8Array): void {
  skb.data = concat(skb.data.subarray(0, from), text, skb.data.subarray(from + len));
  const o = skb.network,
    total = skb.data.length - o;
  if (skb.data[o] >> 4 === 4) {
    put16(skb.data, o + 2, total);
    ip4Check(skb.data, o);
  } else put16(skb.data, o + 4, total - 40);
}

const pseudoOf = (skb: Skb, proto: number, len: number): number => {
  const b = skb.data,
    o = skb.network;
  return b[o] >> 4 === 4 ? pseudo(ip4Src(b, o), ip4Dst(b, o), proto, len) : pseudo(ip6Src(b, o), ip6Dst(b, o), proto, len);
};

/** enlarge_skb */
const tooLong = (skb: Skb, len: number, text: Uint8Array): boolean => skb.data.length - skb.network + text.length - len > 65535;

/** __nf_nat_mangle_tcp_packet; `adjust` false: the caller sees to the sequence numbers. */
export function mangleTcp(net: Netns, skb: Skb, ct: Conntrack, at: number, off: number, len: number, text: Uint8Array, adjust = true): boolean {
  if (tooLong(skb, len, text)) return false;
  const header = (skb.data[at + 12] >> 4) * 4,
    seq = u32(skb.data, at + 4);
  replacePayload(skb, at + header + off, len, text);
  put16(skb.data, at + 16, 0);
  put16(skb.data, at + 16, checksum(skb.data, at, skb.data.length, pseudoOf(skb, IPPROTO.TCP, skb.data.length - at)) || 0xffff);
  if (adjust && text.length !== len) setSeqAdjust(net, ct, dirOf(skb.ctinfo), seq, text.length - len);
  return true;
}

/** nf_nat_mangle_udp_packet */
export function mangleUdp(skb: Skb, at: number, off: number, len: number, text: Uint8Array): boolean {
  if (tooLong(skb, len, text)) return false;
  replacePayload(skb, at + 8 + off, len, text);
  const udpLen = skb.data.length - at;
  put16(skb.data, at + 4, udpLen);
  if (u16(skb.data, at + 6) === 0) return true;
  put16(skb.data, at + 6, 0);
  put16(skb.data, at + 6, checksum(skb.data, at, skb.data.length, pseudoOf(skb, IPPROTO.UDP, udpLen)) || 0xffff);
  return true;
}
