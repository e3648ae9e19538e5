/** A number from 0 up to `below`. */
export type Random = (below: number) => number;

/** mulberry32: the same numbers in every run. */
export function random(seed: number): Random {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export const pick = <T>(r: Random, list: readonly T[]): T => list[r(list.length)];
