import type { Random } from '../kernel/clock.ts';

/** xorshift32: small, quick, and the same on every machine. Not for secrets. */
export function seededRandom(seed: number): Random {
  let x = seed | 0 || 1;
  const u32 = (): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  return { u32, below: (limit) => Math.floor((u32() / 0x1_0000_0000) * limit) };
}
