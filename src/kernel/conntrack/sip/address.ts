import { ptonV6 } from '../../xt/address.ts';

/** Addresses and numbers in text as the kernel's own helpers read them (net/core/utils.c, lib/vsprintf.c). */

export interface ParsedAddress {
  readonly addr: Uint8Array;
  /** Where it ends in the text. */
  readonly end: number;
}

/** in4_pton without a delimiter: anything but a hex digit or a dot may follow. */
function in4(text: string, from: number, limit: number): ParsedAddress | null {
  const m = /^(\d+)\.(\d+)\.(\d+)\.(\d+)/.exec(text.slice(from, Math.min(limit, from + 64)));
  if (!m) return null;
  const parts = m.slice(1).map(Number),
    end = from + m[0].length;
  if (parts.some((n) => n > 255) || (end < limit && /[0-9a-fA-F.]/.test(text[end]))) return null;
  return { addr: Uint8Array.from(parts), end };
}

/** in6_pton without a delimiter. */
function in6(text: string, from: number, limit: number): ParsedAddress | null {
  const m = /^[0-9a-fA-F:.]+/.exec(text.slice(from, Math.min(limit, from + 64)));
  const addr = m && ptonV6(m[0]);
  return m && addr ? { addr, end: from + m[0].length } : null;
}

export const parseAddress = (l3num: 2 | 10, text: string, from: number, limit: number): ParsedAddress | null => (l3num === 2 ? in4 : in6)(text, from, limit);

/** sip_parse_addr: IPv6 addresses stand in brackets where `delim` asks for them. */
export function parseSipAddress(l3num: 2 | 10, text: string, from: number, limit: number, delim: boolean): ParsedAddress | null {
  if (l3num === 2) return in4(text, from, limit);
  const open = from < limit && text[from] === '[';
  if (!open && delim) return null;
  const found = in6(text, open ? from + 1 : from, limit);
  if (!found) return null;
  const closed = found.end < limit && text[found.end] === ']';
  if (!closed && delim) return null;
  return { addr: found.addr, end: found.end + (closed ? 1 : 0) };
}

/** simple_strtoul kept in 32 bits; base 0 knows 0x and 0. No digits: 0, and `end` is where it began. */
export function readNumber(text: string, from: number, base: 0 | 10): { readonly value: number; readonly end: number } {
  const rest = text.slice(from, from + 80);
  const m = (base === 10 ? /^\d*/ : /^(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*|)/).exec(rest) as RegExpExecArray;
  const digits = m[0];
  if (digits === '') return { value: 0, end: from };
  const big = BigInt(base === 10 || digits.length === 1 || digits[0] !== '0' ? digits : /^0[xX]/.test(digits) ? digits : `0o${digits.slice(1)}`);
  return { value: Number(BigInt.asUintN(32, big)), end: from + digits.length };
}

/** %pI6c: as inet_ntop, but an embedded IPv4 address only of a mapped one. */
function pI6c(a: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (a[2 * i] << 8) | a[2 * i + 1]);
  const mapped = words.slice(0, 5).every((w) => w === 0) && words[5] === 0xffff;
  const range = mapped ? 6 : 8;
  let best = -1,
    longest = 1;
  for (let i = 0; i < range; i++) {
    let n = 0;
    while (i + n < range && words[i + n] === 0) n++;
    if (n > longest) {
      longest = n;
      best = i;
    }
  }
  const text = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((w) => w.toString(16))
      .join(':');
  const hex = best < 0 ? text(0, range) : `${text(0, best)}::${text(best + longest, range)}`;
  return mapped ? `${hex}${hex.endsWith(':') ? '' : ':'}${a.slice(12).join('.')}` : hex;
}

/** sip_sprintf_addr */
export const addressText = (a: Uint8Array, delim: boolean): string => (a.length === 4 ? a.join('.') : delim ? `[${pI6c(a)}]` : pI6c(a));

/** sip_sprintf_addr_port */
export const addressPortText = (a: Uint8Array, port: number): string => `${addressText(a, true)}:${port}`;
