import { checksum, concat, pseudo, put16 } from './bytes.ts';
import { IPPROTO, putIp4, putIp6 } from './ip.ts';

/** An IP packet around a transport message: don't fragment, hop limit 64 unless said. */
export function ipPacket(src: Uint8Array, dst: Uint8Array, proto: number, body: Uint8Array, o: { id?: number; ttl?: number; df?: boolean } = {}): Uint8Array {
  const v4 = src.length === 4;
  const out = concat(new Uint8Array(v4 ? 20 : 40), body);
  if (v4) putIp4(out, 0, { tos: 0, len: out.length, id: o.id ?? 0, frag: (o.df ?? true) ? 0x4000 : 0, ttl: o.ttl ?? 64, proto, src, dst });
  else putIp6(out, 0, { len: body.length, next: proto, hops: o.ttl ?? 64, src, dst });
  return out;
}

export function udpBytes(src: Uint8Array, dst: Uint8Array, sport: number, dport: number, data: Uint8Array): Uint8Array {
  const b = concat(new Uint8Array(8), data);
  put16(b, 0, sport);
  put16(b, 2, dport);
  put16(b, 4, b.length);
  put16(b, 6, checksum(b, 0, b.length, pseudo(src, dst, IPPROTO.UDP, b.length)) || 0xffff);
  return b;
}

/** An echo request or reply of the family of `src`. */
export function echoBytes(src: Uint8Array, dst: Uint8Array, reply: boolean, id: number, seq: number, data: Uint8Array): Uint8Array {
  const v4 = src.length === 4;
  const b = concat(new Uint8Array(8), data);
  b[0] = v4 ? (reply ? 0 : 8) : reply ? 129 : 128;
  put16(b, 4, id);
  put16(b, 6, seq);
  put16(b, 2, checksum(b, 0, b.length, v4 ? 0 : pseudo(src, dst, IPPROTO.ICMPV6, b.length)));
  return b;
}
