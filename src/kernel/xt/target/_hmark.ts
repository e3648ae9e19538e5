import type { Skb } from '../../net/skb.ts';
import { isIp6, u16, u32 } from '../packet.ts';

/** struct xt_hmark_info; null: that part was not asked for. */
export type HmarkInfo = {
  readonly src: Uint8Array | null;
  readonly dst: Uint8Array | null;
  readonly sportMask: number | null;
  readonly dportMask: number | null;
  readonly spiMask: number | null;
  readonly sport: number | null;
  readonly dport: number | null;
  readonly spi: number | null;
  readonly protoMask: number | null;
  readonly rnd: number;
  readonly mod: number;
  readonly offset: number;
  readonly ct: boolean;
};

interface Tuple {
  src: number;
  dst: number;
  proto: number;
  ports: number;
}

const rol = (n: number, k: number): number => (n << k) | (n >>> (32 - k)) | 0;

/** linux/jhash.h: jhash_3words */
export function jhash3(x: number, y: number, z: number, initval: number): number {
  const start = (initval + 0xdeadbeef + 12) | 0;
  let a = (x + start) | 0;
  let b = (y + start) | 0;
  let c = (z + start) | 0;
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  c = ((c ^ b) - rol(b, 24)) | 0;
  return c >>> 0;
}

const reciprocalScale = (value: number, range: number): number => Number((BigInt(value) * BigInt(range)) >> 32n);

const read32 = (b: Uint8Array, at: number): number => ((b[at] << 24) | (b[at + 1] << 16) | (b[at + 2] << 8) | b[at + 3]) >>> 0;
/** hmark_addr_mask: an IPv6 address becomes the xor of its masked words. Without a mask nothing of the address is left. */
function fold(address: Uint8Array, mask: Uint8Array | null): number {
  let out = 0;
  if (mask) for (let i = 0; i < address.length; i += 4) out ^= read32(address, i) & read32(mask, i);
  return out >>> 0;
}

function swapPorts(src: number, dst: number, i: HmarkInfo): number {
  const s = (src & maskOf(i, 'src')) | setOf(i, 'src');
  const d = (dst & maskOf(i, 'dst')) | setOf(i, 'dst');
  return (d > s ? (d << 16) | s : (s << 16) | d) >>> 0;
}
/** port_mask and port_set are unions with the SPI's. */
const maskOf = (i: HmarkInfo, side: 'src' | 'dst'): number =>
  i.spiMask === null ? ((side === 'src' ? i.sportMask : i.dportMask) ?? 0) : side === 'src' ? i.spiMask >>> 16 : i.spiMask & 0xffff;
const setOf = (i: HmarkInfo, side: 'src' | 'dst'): number => (i.spi === null ? ((side === 'src' ? i.sport : i.dport) ?? 0) : side === 'src' ? i.spi >>> 16 : i.spi & 0xffff);
const wholeMask = (i: HmarkInfo): number => ((maskOf(i, 'src') << 16) | maskOf(i, 'dst')) >>> 0;
const wholeSet = (i: HmarkInfo): number => ((setOf(i, 'src') << 16) | setOf(i, 'dst')) >>> 0;

/** proto_ports_offset */
const PORTS: Readonly<Record<number, number>> = { 6: 0, 17: 0, 33: 0, 50: 0, 132: 0, 136: 0, 51: 4 };

function readPorts(i: HmarkInfo, skb: Skb, at: number, t: Tuple): void {
  const offset = PORTS[t.proto];
  if (offset === undefined || at + offset + 4 > skb.data.length) return;
  t.ports = t.proto === 50 || t.proto === 51 ? ((u32(skb, at + offset) & wholeMask(i)) | wholeSet(i)) >>> 0 : swapPorts(u16(skb, at + offset), u16(skb, at + offset + 2), i);
}

/** ICMP errors are hashed by the packet they speak of. */
function innerHeader4(skb: Skb, at: number): number {
  const icmp = at + (skb.data[at] & 15) * 4;
  if (icmp + 8 + 20 > skb.data.length || ![3, 4, 5, 11, 12].includes(skb.data[icmp])) return at;
  return icmp + 8;
}

function fromPacket4(i: HmarkInfo, skb: Skb): Tuple {
  const n = skb.data[skb.network + 9] === 1 ? innerHeader4(skb, skb.network) : skb.network;
  const t: Tuple = { src: fold(skb.data.subarray(n + 12, n + 16), i.src), dst: fold(skb.data.subarray(n + 16, n + 20), i.dst), proto: skb.data[n + 9], ports: 0 };
  if (t.proto !== 1 && (u16(skb, n + 6) & 0x3fff) === 0) readPorts(i, skb, n + (skb.data[n] & 15) * 4, t);
  return t;
}

function fromPacket6(i: HmarkInfo, skb: Skb): Tuple {
  let n = skb.network;
  let at = skb.transport;
  let proto = skb.l4proto;
  if (proto === 58 && at >= 0 && at + 48 <= skb.data.length && [1, 2, 3, 4].includes(skb.data[at])) {
    n = at + 8;
    proto = skb.data[n + 6];
    at = n + 40;
  }
  const t: Tuple = { src: fold(skb.data.subarray(n + 8, n + 24), i.src), dst: fold(skb.data.subarray(n + 24, n + 40), i.dst), proto, ports: 0 };
  if (proto !== 58 && skb.fragOffset === 0 && at >= 0) readPorts(i, skb, at, t);
  return t;
}

function fromConnection(i: HmarkInfo, skb: Skb): Tuple | null {
  if (!skb.ct) return null;
  const { original, reply } = skb.ct;
  return { src: fold(original.src, i.src), dst: fold(reply.src, i.dst), proto: original.protonum, ports: swapPorts(original.sport, reply.sport, i) };
}

/** net/netfilter/xt_HMARK.c: hmark_hash */
export function hmarkOf(i: HmarkInfo, skb: Skb): number | null {
  const t = i.ct ? fromConnection(i, skb) : isIp6(skb) ? fromPacket6(i, skb) : fromPacket4(i, skb);
  if (!t) return null;
  const hash = (jhash3(Math.min(t.src, t.dst), Math.max(t.src, t.dst), t.ports, i.rnd) ^ (t.proto & (i.protoMask ?? 0))) >>> 0;
  return (reciprocalScale(hash, i.mod) + i.offset) >>> 0;
}
