/** Big-endian reads and writes of packet bytes, and the Internet checksum (RFC 1071, 1624) as the kernel does its sums. */
export const u16 = (b: Uint8Array, o: number): number => (b[o] << 8) | b[o + 1];
export const u32 = (b: Uint8Array, o: number): number => ((b[o] << 24) | (b[o + 1] << 16) | (b[o + 2] << 8) | b[o + 3]) >>> 0;
export const put16 = (b: Uint8Array, o: number, v: number): void => {
  b[o] = (v >>> 8) & 255;
  b[o + 1] = v & 255;
};
export const put32 = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v >>> 24;
  b[o + 1] = (v >>> 16) & 255;
  b[o + 2] = (v >>> 8) & 255;
  b[o + 3] = v & 255;
};

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** Ones' complement sum of bytes, not folded (fits a double for any packet). */
export function partial(b: Uint8Array, from: number, to: number, init = 0): number {
  let sum = init;
  let i = from;
  for (; i + 1 < to; i += 2) sum += (b[i] << 8) | b[i + 1];
  if (i < to) sum += b[i] << 8;
  return sum;
}

/** csum_fold: 16 bits, inverted. */
export function fold(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s % 0x10000) + Math.floor(s / 0x10000);
  return ~s & 0xffff;
}

export const checksum = (b: Uint8Array, from: number, to: number, init = 0): number => fold(partial(b, from, to, init));

/** Sum of the pseudo header of TCP and UDP; addresses of 4 or 16 bytes. */
export const pseudo = (src: Uint8Array, dst: Uint8Array, proto: number, len: number): number =>
  partial(dst, 0, dst.length, partial(src, 0, src.length)) + proto + (len >>> 16) + (len & 0xffff);

const add32 = (a: number, b: number): number => {
  const r = a + b;
  return r > 0xffffffff ? r - 0xffffffff : r;
};

/** csum_replace4 / inet_proto_csum_replace4: a checksum after 32 bits changed; exact also in the two zeros. */
export function replace4(check: number, from: number, to: number): number {
  const sum = add32(add32(~check >>> 0, ~from >>> 0), to);
  return fold(sum);
}

/** csum_replace2 (csum16_sub, csum16_add). */
function _replace2(check: number, from: number, to: number): number {
  const add16 = (a: number, b: number): number => {
    const r = a + b;
    return r > 0xffff ? r - 0xffff : r;
  };
  return ~add16(add16(~check & 0xffff, ~from & 0xffff), to) & 0xffff;
}

/** inet_proto_csum_replace16. */
export function replace16(check: number, from: Uint8Array, to: Uint8Array): number {
  let sum = ~check >>> 0;
  for (let i = 0; i < 16; i += 4) sum = add32(add32(sum, ~u32(from, i) >>> 0), u32(to, i));
  return fold(sum);
}
