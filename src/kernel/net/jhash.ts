const rol = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

/** Bob Jenkins' hash of lookup3.c as the kernel has it (linux/jhash.h): jhash2 of 32-bit words; one word is jhash_1word. */
export const jhash2 = (words: ArrayLike<number>, initval: number): number => mix(words, words.length << 2, initval);

/** The same of bytes (jhash): words of four, the last one filled up with zeros. */
export function jhash(key: Uint8Array, initval: number): number {
  const words = new Int32Array((key.length + 3) >> 2);
  for (let i = 0; i < key.length; i++) words[i >> 2] |= key[i] << ((i & 3) << 3);
  return mix(words, key.length, initval);
}

function mix(words: ArrayLike<number>, bytes: number, initval: number): number {
  let a = (0xdeadbeef + bytes + initval) | 0;
  let b = a;
  let c = a;
  let at = 0;
  for (; words.length - at > 3; at += 3) {
    a = (a + words[at]) | 0;
    b = (b + words[at + 1]) | 0;
    c = (c + words[at + 2]) | 0;
    a = (a - c) ^ rol(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rol(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rol(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rol(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rol(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rol(b, 4);
    b = (b + a) | 0;
  }
  if (words.length === at) return c >>> 0;
  a = (a + words[at]) | 0;
  if (words.length - at > 1) b = (b + words[at + 1]) | 0;
  if (words.length - at > 2) c = (c + words[at + 2]) | 0;
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  c = ((c ^ b) - rol(b, 24)) | 0;
  return c >>> 0;
}
