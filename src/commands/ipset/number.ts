import { syntax } from './errors.ts';

const MAX64 = (1n << 64n) - 1n;

/** lib/parse.c: string_to_number_ll over strtoull(3) with base 0: a minus wraps around. */
export function parseBig(text: string, min: bigint, max: bigint): bigint {
  const m = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.exec(text);
  if (!m) throw syntax(`'${text}' is invalid as number`);
  const digits = m[2];
  const abs = BigInt(digits.length > 1 && digits[0] === '0' && !/x/i.test(digits) ? `0o${digits.slice(1)}` : digits);
  const n = abs > MAX64 ? MAX64 : m[1] === '-' ? BigInt.asUintN(64, -abs) : abs;
  if (abs > MAX64 || n < min || n > max) throw syntax(`'${text}' is out of range ${min}-${max}`);
  return n;
}

export const parseNumber = (text: string, min: number, max: number): number => Number(parseBig(text, BigInt(min), BigInt(max)));
