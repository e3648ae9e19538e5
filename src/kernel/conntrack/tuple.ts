import type { Dir, Tuple, Zone } from './entry.ts';

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

export const sameTuple = (a: Tuple, b: Tuple): boolean =>
  a.sport === b.sport && a.dport === b.dport && a.protonum === b.protonum && a.l3num === b.l3num
  && sameBytes(a.src, b.src) && sameBytes(a.dst, b.dst)
  && (a.icmp?.type ?? 0) === (b.icmp?.type ?? 0) && (a.icmp?.code ?? 0) === (b.icmp?.code ?? 0);

/** One round of MurmurHash3: every bit of a word reaches every bit of the sum. */
function mix(h: number, v: number): number {
  const k = Math.imul(v, 0xcc9e2d51);
  const x = h ^ Math.imul(k << 15 | k >>> 17, 0x1b873593);
  return Math.imul(x << 13 | x >>> 19, 5) + 0xe6546b64 | 0;
}

/** A 32-bit hash of a tuple. */
export function hashTuple(t: Tuple): number {
  let h = mix(t.protonum << 8 | t.l3num, t.sport << 16 ^ t.dport);
  const { src, dst } = t;
  for (let i = 0; i + 3 < src.length; i += 4) h = mix(h, src[i] << 24 | src[i + 1] << 16 | src[i + 2] << 8 | src[i + 3]);
  for (let i = 0; i + 3 < dst.length; i += 4) h = mix(h, dst[i] << 24 | dst[i + 1] << 16 | dst[i + 2] << 8 | dst[i + 3]);
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return (h ^ h >>> 16) >>> 0;
}

/** Zone number in one direction (nf_ct_zone_id): a zone for the other direction counts as 0 here. */
export const zoneId = (zone: Zone, dir: Dir): number =>
  zone.dir === 'both' || (zone.dir === 'original') === (dir === 0) ? zone.id : 0;

export { sameBytes };
