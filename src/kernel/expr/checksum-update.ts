import { fold, partial } from '../net/wire/bytes.ts';

/** Sum of what came less what went, as 16-bit words; bytes at an odd offset are low halves. */
export function difference(old: Uint8Array, fresh: Uint8Array, odd: number): number {
  const a = new Uint8Array(old.length + odd),
    b = new Uint8Array(old.length + odd);
  a.set(old, odd);
  b.set(fresh, odd);
  let sum = partial(b, 0, b.length);
  for (let i = 0; i < a.length; i += 2) sum += 0xffff - ((a[i] << 8) | (i + 1 < a.length ? a[i + 1] : 0));
  return sum;
}

export function updateSum(d: Uint8Array, at: number, delta: number, udp = false): void {
  if (at + 2 > d.length) return;
  const old = (d[at] << 8) | d[at + 1];
  if (udp && old === 0) return;
  let sum = fold((~old & 0xffff) + delta);
  if (udp && sum === 0) sum = 0xffff;
  d[at] = sum >> 8;
  d[at + 1] = sum & 255;
}

export const replaceSum = (d: Uint8Array, at: number, old: Uint8Array, fresh: Uint8Array, odd: number): void => updateSum(d, at, difference(old, fresh, odd));
