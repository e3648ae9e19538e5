import type { Skb } from '../../net/skb.ts';
import { isIp6 as isV6 } from '../packet.ts';

/** Changes to header fields in place, with checksums made right incrementally (RFC 1624, as csum_replace2 does). */

const word = (d: Uint8Array, at: number): number => (d[at] << 8) | d[at + 1];
const put = (d: Uint8Array, at: number, n: number): void => {
  d[at] = n >> 8;
  d[at + 1] = n & 255;
};

/** The one's complement sum at `check` after a 16-bit word changed. */
export function updateSum(d: Uint8Array, check: number, from: number, to: number): void {
  let sum = (~word(d, check) & 0xffff) + (~from & 0xffff) + to;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  put(d, check, ~sum & 0xffff);
}

/** Puts a word and corrects the sum at `check`. Both words must stand at even places of the summed bytes. */
export function replaceWord(skb: Skb, at: number, to: number, check: number): void {
  updateSum(skb.data, check, word(skb.data, at), to);
  put(skb.data, at, to);
}

export function setDsField(skb: Skb, value: number): void {
  const d = skb.data;
  const n = skb.network;
  if (isV6(skb)) {
    d[n] = (d[n] & 0xf0) | (value >> 4);
    d[n + 1] = (d[n + 1] & 15) | ((value & 15) << 4);
  } else replaceWord(skb, n, (d[n] << 8) | value, n + 10);
}

export function setHopLimit(skb: Skb, value: number): void {
  const n = skb.network;
  if (isV6(skb)) skb.data[n + 7] = value;
  else replaceWord(skb, n + 8, (value << 8) | skb.data[n + 9], n + 10);
}

/** Where the IP packet ends (total or payload length); bytes after it are link-layer padding. */
export const packetEnd = (skb: Skb): number => Math.min(skb.data.length, skb.network + (isV6(skb) ? 40 + word(skb.data, skb.network + 4) : word(skb.data, skb.network + 2)));

/** Is there a transport header here (no later fragment) of at least so many bytes? */
export const hasTransport = (skb: Skb, bytes: number): boolean => skb.fragOffset === 0 && skb.transport >= 0 && skb.transport + bytes <= packetEnd(skb);
