import { checksum, put16, put32, u16, u32 } from './bytes.ts';

/** IPv4 and IPv6 headers, by offset `o` of the network header. */
export const ETH = { IP: 0x0800, ARP: 0x0806, VLAN: 0x8100, QINQ: 0x88a8, IPV6: 0x86dd } as const;
export const IPPROTO = {
  HOPOPTS: 0,
  ICMP: 1,
  IGMP: 2,
  IPIP: 4,
  TCP: 6,
  UDP: 17,
  DCCP: 33,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  ESP: 50,
  AH: 51,
  ICMPV6: 58,
  NONE: 59,
  DSTOPTS: 60,
  MH: 135,
  UDPLITE: 136,
  SCTP: 132,
  RAW: 255,
} as const;
export const IP_DF = 0x4000,
  IP_MF = 0x2000,
  IP_OFFSET = 0x1fff;

export const ip4HeaderLen = (b: Uint8Array, o: number): number => (b[o] & 15) * 4;
/** `b.slice(at, at + 4)` of bytes that are there, without what slice costs. */
function four(b: Uint8Array, at: number): Uint8Array {
  if (at + 4 > b.length) return b.slice(at, at + 4);
  const out = new Uint8Array(4);
  out[0] = b[at];
  out[1] = b[at + 1];
  out[2] = b[at + 2];
  out[3] = b[at + 3];
  return out;
}
export const ip4Src = (b: Uint8Array, o: number): Uint8Array => four(b, o + 12);
export const ip4Dst = (b: Uint8Array, o: number): Uint8Array => four(b, o + 16);
export const ip6Src = (b: Uint8Array, o: number): Uint8Array => b.slice(o + 8, o + 24);
export const ip6Dst = (b: Uint8Array, o: number): Uint8Array => b.slice(o + 24, o + 40);
export const ip6Tclass = (b: Uint8Array, o: number): number => ((b[o] & 15) << 4) | (b[o + 1] >> 4);

export function ip4Check(b: Uint8Array, o: number): void {
  put16(b, o + 10, 0);
  put16(b, o + 10, checksum(b, o, o + ip4HeaderLen(b, o)));
}

export function putIp4(
  b: Uint8Array,
  o: number,
  f: { tos: number; len: number; id: number; frag: number; ttl: number; proto: number; src: Uint8Array; dst: Uint8Array; options?: Uint8Array },
): void {
  b[o] = 0x45 + (f.options?.length ?? 0) / 4;
  b[o + 1] = f.tos;
  put16(b, o + 2, f.len);
  put16(b, o + 4, f.id);
  put16(b, o + 6, f.frag);
  b[o + 8] = f.ttl;
  b[o + 9] = f.proto;
  b.set(f.src, o + 12);
  b.set(f.dst, o + 16);
  if (f.options) b.set(f.options, o + 20);
  ip4Check(b, o);
}

export function putIp6(b: Uint8Array, o: number, f: { tclass?: number; flow?: number; len: number; next: number; hops: number; src: Uint8Array; dst: Uint8Array }): void {
  put32(b, o, (0x60000000 | ((f.tclass ?? 0) << 20) | (f.flow ?? 0)) >>> 0);
  put16(b, o + 4, f.len);
  b[o + 6] = f.next;
  b[o + 7] = f.hops;
  b.set(f.src, o + 8);
  b.set(f.dst, o + 24);
}

const EXT = new Set<number>([IPPROTO.HOPOPTS, IPPROTO.ROUTING, IPPROTO.FRAGMENT, IPPROTO.AH, IPPROTO.NONE, IPPROTO.DSTOPTS]);
/** ipv6_ext_hdr */
export const isExtensionHeader = (n: number): boolean => EXT.has(n);

export interface ExtEnd {
  readonly offset: number;
  readonly next: number;
  readonly fragOff: number;
  readonly hasFrag: boolean;
}

/** ipv6_skip_exthdr: the first header after the extensions; null: cut short or no next header. `fragOff`: the raw field. */
export function skipExtensions(b: Uint8Array, start: number, first: number): ExtEnd | null {
  let at = start,
    next = first,
    fragOff = 0,
    hasFrag = false;
  while (isExtensionHeader(next)) {
    if (next === IPPROTO.NONE || at + 8 > b.length) return null;
    let len: number;
    if (next === IPPROTO.FRAGMENT) {
      fragOff = u16(b, at + 2);
      hasFrag = true;
      if (fragOff & ~7) return { offset: at, next: b[at], fragOff, hasFrag };
      len = 8;
    } else len = next === IPPROTO.AH ? (b[at + 1] + 2) << 2 : (b[at + 1] + 1) << 3;
    next = b[at];
    at += len;
  }
  return { offset: at, next, fragOff, hasFrag };
}

export const isMulticast4 = (a: Uint8Array): boolean => (a[0] & 0xf0) === 0xe0;
export const isLoopback4 = (a: Uint8Array): boolean => a[0] === 127;
export const isZero = (a: Uint8Array): boolean => a.every((x) => x === 0);
export const isLimitedBroadcast = (a: Uint8Array): boolean => u32(a, 0) === 0xffffffff;
export const isMulticast6 = (a: Uint8Array): boolean => a[0] === 0xff;
export const isLinkLocal6 = (a: Uint8Array): boolean => a[0] === 0xfe && (a[1] & 0xc0) === 0x80;
export const isLoopback6 = (a: Uint8Array): boolean => a[15] === 1 && a.subarray(0, 15).every((x) => x === 0);
