import type { Skb } from '../net/skb.ts';

/** What the packet faces read from an skb, as skb_header_pointer and the ip_hdr helpers give it to xt_*.c. */

export const u8 = (skb: Skb, at: number): number => skb.data[at];
export const u16 = (skb: Skb, at: number): number => (skb.data[at] << 8) | skb.data[at + 1];
export const u32 = (skb: Pick<Skb, 'data'>, at: number): number => ((skb.data[at] << 24) | (skb.data[at + 1] << 16) | (skb.data[at + 2] << 8) | skb.data[at + 3]) >>> 0;

/** skb->len while a hook of the network layer runs. */
export const lengthOf = (skb: Skb): number => skb.data.length - skb.network;

/** Offset of `need` readable bytes of the transport header; -1: the packet is too short (skb_header_pointer → NULL). */
export const transport = (skb: Skb, need: number): number => (skb.transport >= 0 && skb.transport + need <= skb.data.length ? skb.transport : -1);

export const isIp6 = (skb: Skb): boolean => skb.data[skb.network] >> 4 === 6;
export const source = (skb: Skb): Uint8Array => (isIp6(skb) ? skb.data.subarray(skb.network + 8, skb.network + 24) : skb.data.subarray(skb.network + 12, skb.network + 16));
export const destination = (skb: Skb): Uint8Array => (isIp6(skb) ? skb.data.subarray(skb.network + 24, skb.network + 40) : skb.data.subarray(skb.network + 16, skb.network + 20));
export const hopLimit = (skb: Skb): number => skb.data[skb.network + (isIp6(skb) ? 7 : 8)];
/** TOS or traffic class. */
export const dsField = (skb: Skb): number => (isIp6(skb) ? ((skb.data[skb.network] & 15) << 4) | (skb.data[skb.network + 1] >> 4) : skb.data[skb.network + 1]);

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
/** (a ^ b) & mask is zero. */
export const sameUnder = (a: Uint8Array, b: Uint8Array, mask: Uint8Array): boolean => a.every((x, i) => ((x ^ b[i]) & mask[i]) === 0);
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
};

export const within = (n: number, range: readonly [number, number]): boolean => n >= range[0] && n <= range[1];

/** IPv6 extension headers that ipv6_ext_hdr() knows. */
export const IPV6_EXTENSION: ReadonlySet<number> = new Set([0, 43, 44, 51, 59, 60]);

/**
 * ipv6_find_hdr(target): offset of that extension header; -1 not there. A fragment header that is not the first piece ends
 * the walk (what follows is not a header).
 */
export function findIp6Header(skb: Skb, target: number): number {
  const d = skb.data;
  let next = d[skb.network + 6];
  let at = skb.network + 40;
  while (next !== target) {
    if (!IPV6_EXTENSION.has(next) || next === 59) return -1;
    if (at + 2 > d.length) return -1;
    let len: number;
    if (next === 44) {
      if (at + 8 > d.length) return -1;
      const off = u16(skb, at + 2) & 0xfff8;
      if (off !== 0) return -1;
      len = 8;
    } else if (next === 51) len = (d[at + 1] + 2) << 2;
    else len = (d[at + 1] + 1) << 3;
    next = d[at];
    at += len;
  }
  return at <= d.length ? at : -1;
}
