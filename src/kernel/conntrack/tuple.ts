import type { Dir, Tuple, Zone } from './entry.ts';

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

export const sameTuple = (a: Tuple, b: Tuple): boolean =>
  a.sport === b.sport &&
  a.dport === b.dport &&
  a.protonum === b.protonum &&
  a.l3num === b.l3num &&
  sameBytes(a.src, b.src) &&
  sameBytes(a.dst, b.dst) &&
  (a.icmp?.type ?? 0) === (b.icmp?.type ?? 0) &&
  (a.icmp?.code ?? 0) === (b.icmp?.code ?? 0);

const s32 = (b: Uint8Array, i: number): number => (b[i] << 24) | (b[i + 1] << 16) | (b[i + 2] << 8) | b[i + 3];

/** One round of MurmurHash3: every bit of a word reaches every bit of the sum. */
function mix(h: number, v: number): number {
  const k = Math.imul(v, 0xcc9e2d51);
  const x = h ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((x << 13) | (x >>> 19), 5) + 0xe6546b64) | 0;
}

const finish = (h: number): number => {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
};

/** `hashTuple` of an IPv4 packet with ports, header at `o`, ports at `at`. */
export const hashPacket4 = (b: Uint8Array, o: number, at: number, protonum: number): number =>
  finish(mix(mix(mix((protonum << 8) | 2, (((b[at] << 8) | b[at + 1]) << 16) ^ ((b[at + 2] << 8) | b[at + 3])), s32(b, o + 12)), s32(b, o + 16)));

/** Is this the tuple of that packet? */
export const packetHas4 = (t: Tuple, b: Uint8Array, o: number, at: number, protonum: number): boolean =>
  t.l3num === 2 &&
  t.protonum === protonum &&
  t.sport === ((b[at] << 8) | b[at + 1]) &&
  t.dport === ((b[at + 2] << 8) | b[at + 3]) &&
  s32(t.src, 0) === s32(b, o + 12) &&
  s32(t.dst, 0) === s32(b, o + 16);

/** A 32-bit hash of a tuple. */
export function hashTuple(t: Tuple): number {
  let h = mix((t.protonum << 8) | t.l3num, (t.sport << 16) ^ t.dport);
  const { src, dst } = t;
  for (let i = 0; i + 3 < src.length; i += 4) h = mix(h, s32(src, i));
  for (let i = 0; i + 3 < dst.length; i += 4) h = mix(h, s32(dst, i));
  return finish(h);
}

/** A hash that both directions of a connection without address translation share: where a state keeps it. */
export function placeHash(t: Tuple): number {
  const end = (a: Uint8Array, port: number): number => {
    let h = mix(t.protonum, port);
    for (let i = 0; i + 3 < a.length; i += 4) h = mix(h, s32(a, i));
    return finish(h);
  };
  // The id of an ICMP query stands for both ends.
  return (end(t.src, t.sport) + end(t.dst, t.icmp ? t.sport : t.dport)) >>> 0;
}

/** Zone number in one direction (nf_ct_zone_id): a zone for the other direction counts as 0 here. */
export const zoneId = (zone: Zone, dir: Dir): number => (zone.dir === 'both' || (zone.dir === 'original') === (dir === 0) ? zone.id : 0);

export { sameBytes };
