import type { ByteOrder } from '../../../parsers/nft/ast.ts';

const encoder = new TextEncoder();

/** Numbers to and from the bytes of registers and set elements; host order is little endian (x86-64). mpz_export leaves the sign out. */
export function valueToBytes(value: bigint, length: number, order: ByteOrder): Uint8Array {
  const out = new Uint8Array(length);
  // six bytes at a time, which a number holds exactly
  for (let done = 0, rest = BigInt.asUintN(length * 8, value < 0n ? -value : value); done < length; done += 6, rest >>= 48n) {
    let n = Number(length - done <= 6 ? rest : rest & 0xffff_ffff_ffffn);
    for (let i = done; i < done + 6 && i < length; i++) {
      out[order === 'big' ? length - 1 - i : i] = n % 256;
      n = Math.floor(n / 256);
    }
  }
  return out;
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function bytesToValue(bytes: Uint8Array, order: ByteOrder): bigint {
  const { length } = bytes;
  if (length <= 6) {
    let n = 0;
    for (let i = 0; i < length; i++) n = n * 256 + bytes[order === 'big' ? i : length - 1 - i];
    return BigInt(n);
  }
  let hex = '0x';
  for (let i = 0; i < length; i++) hex += HEX[bytes[order === 'big' ? i : length - 1 - i]];
  return BigInt(hex);
}

/** Bytes of a word (latin1 of its UTF-8), without the terminating zero. */
export const cString = (word: string): Uint8Array => encoder.encode(word);

export const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
/** Mask of a prefix: `prefix` leading ones in `bits`. */
export const prefixMask = (bits: number, prefix: number): bigint => (prefix <= 0 ? 0n : ones(prefix) << BigInt(bits - prefix));
/** Lowest set bit's index; -1 in 0 (mpz_scan1). */
export function lowBit(v: bigint): number {
  if (v === 0n) return -1;
  let i = 0;
  for (let x = v; !(x & 1n); x >>= 1n) i++;
  return i;
}
/** Number of bits up to the highest set one. */
export const bitLength = (v: bigint): number => (v === 0n ? 0 : v.toString(2).length);
const _sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
