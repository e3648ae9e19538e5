/** Numbers as libxtables reads them (libxtables/xtables.c: xtables_strtoul over strtoumax with base 0). */
export interface Scanned {
  readonly value: bigint /** What follows the number. */;
  readonly rest: string;
}

const MAX = (1n << 64n) - 1n;

/** xtables_strtoul with an end pointer: the leading number, within bounds (max 0: none). null: not a number, or out of bounds. */
export function scanNumber(text: string, min: bigint | number = 0, max: bigint | number = 0): Scanned | null {
  const m = /^[ \t\n\v\f\r]*\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text);
  if (!m) return null;
  const digits = m[1];
  const octal = digits.length > 1 && digits[0] === '0' && !/^0[xX]/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  if (value > MAX || value < BigInt(min) || (BigInt(max) !== 0n && value > BigInt(max))) return null;
  return { value, rest: text.slice(m[0].length) };
}

/** xtables_strtoul without an end pointer: the whole text must be the number. */
export function wholeNumber(text: string, min: bigint | number = 0, max: bigint | number = 0): bigint | null {
  const short = shortDecimal(text);
  if (short >= 0) return short < min || (Number(max) !== 0 && short > max) ? null : BigInt(short);
  const n = scanNumber(text, min, max);
  return n && n.rest === '' ? n.value : null;
}

/** A plain decimal number of at most nine digits; -1: something else, which needs the whole reader. */
function shortDecimal(text: string): number {
  const length = text.length;
  if (length === 0 || length > 9 || (length > 1 && text.charCodeAt(0) === 48)) return -1;
  let n = 0;
  for (let i = 0; i < length; i++) {
    const d = text.charCodeAt(i) - 48;
    if (d < 0 || d > 9) return -1;
    n = n * 10 + d;
  }
  return n;
}

/** xtables_strtoui of the whole text, as a JavaScript number; the default bound is UINT32_MAX. */
export function wholeUint(text: string, min = 0, max = 0xffffffff): number | null {
  const short = shortDecimal(text);
  if (short >= 0) return short < min || (max !== 0 && short > max) ? null : short;
  const v = wholeNumber(text, min, max);
  return v === null ? null : Number(v);
}

/** xtables_strtoui with an end pointer. */
export function scanUint(text: string, min = 0, max = 0xffffffff): { readonly value: number; readonly rest: string } | null {
  const n = scanNumber(text, min, max);
  return n && { value: Number(n.value), rest: n.rest };
}

const DIGITS = { 0: '0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*', 10: '[0-9]+', 16: '(?:0[xX](?=[0-9a-fA-F]))?[0-9a-fA-F]+' } as const;
const C_NUMBER = { 0: cNumber(0), 10: cNumber(10), 16: cNumber(16) } as const;
function cNumber(base: 0 | 10 | 16): RegExp {
  return new RegExp(`^[ \\t\\n\\v\\f\\r]*([-+]?)(${DIGITS[base]})`);
}

/** The number at the front as C reads it, any size, with its sign; null: none there. */
function signedInteger(text: string, base: 0 | 10 | 16): Scanned | null {
  const m = C_NUMBER[base].exec(text);
  if (!m) return null;
  const d = m[2];
  const octal = base === 0 && d[0] === '0' && d.length > 1 && !/^0x/i.test(d);
  const size = BigInt(octal ? `0o${d}` : base === 16 && !/^0x/i.test(d) ? `0x${d}` : d);
  return { value: m[1] === '-' ? -size : size, rest: text.slice(m[0].length) };
}

/** strtoul(3): a sign wraps, what is too large is ULONG_MAX; 0 where there is no number, and then nothing is read. */
export function strtoul(text: string, base: 0 | 10 | 16): Scanned {
  const n = signedInteger(text, base);
  if (!n) return { value: 0n, rest: text };
  return { value: n.value > MAX || n.value < -MAX ? MAX : BigInt.asUintN(64, n.value), rest: n.rest };
}

/** atoi(3): strtol(3) cut to 32 bits. */
export function atoi(text: string): number {
  const n = signedInteger(text, 10)?.value ?? 0n;
  const long = n > MAX >> 1n ? MAX >> 1n : n < -(MAX >> 1n) - 1n ? -(MAX >> 1n) - 1n : n;
  return Number(BigInt.asIntN(32, long));
}

/** (uint32_t) of a double, as x86-64 converts it. */
export const doubleToUint32 = (x: number): number => (Math.abs(x) < 2 ** 63 ? Number(BigInt.asUintN(32, BigInt(Math.trunc(x)))) : 0);

/** strtol(3)/atoi(3) with the given base: never fails, 0 where there is no number. */
export function strtol(text: string, base = 10): { readonly value: number; readonly rest: string } {
  const digits = base === 16 ? '(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)' : base === 8 ? '([0-7]+)' : base === 0 ? '(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)' : '([0-9]+)';
  const m = new RegExp(`^[ \\t\\n\\v\\f\\r]*([-+]?)${digits}`).exec(text);
  if (!m) return { value: 0, rest: text };
  const d = m[2];
  const abs = base !== 0 ? Number.parseInt(d, base) : /^0[xX]/.test(d) ? Number.parseInt(d, 16) : d[0] === '0' ? Number.parseInt(d, 8) : Number.parseInt(d, 10);
  return { value: m[1] === '-' ? -abs : abs, rest: text.slice(m[0].length) };
}

export const hex = (n: number | bigint): string => `0x${(typeof n === 'number' ? n >>> 0 : n).toString(16)}`;
export const hexPad = (n: number | bigint, width: number): string => `0x${(typeof n === 'number' ? n >>> 0 : n).toString(16).padStart(width, '0')}`;
