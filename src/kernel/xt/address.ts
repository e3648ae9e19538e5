import type { Names } from './definition.ts';
import { XtError } from './error.ts';
import { strtoul, wholeUint } from './number.ts';

/** Addresses as the xtables tools read and print them (libxtables/xtables.c, inet_aton(3), inet_pton(3), inet_ntop(3)). */

/** inet_aton(3): one to four numbers, the last fills what is left; decimal, 0x or 0 octal. */
export function inetAton(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((p) => /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/.test(p))) return null;
  const n = parts.map((p) => (/^0[xX]/.test(p) ? Number.parseInt(p, 16) : p[0] === '0' && p.length > 1 ? Number.parseInt(p, 8) : Number(p)));
  const last = n.pop() as number;
  if (n.some((b) => b > 255) || last >= 2 ** (8 * (4 - n.length))) return null;
  const out = new Uint8Array(4);
  n.forEach((b, i) => {
    out[i] = b;
  });
  for (let i = 3, v = last; i >= n.length; i--, v = Math.floor(v / 256)) out[i] = v % 256;
  return out;
}

/** inet_pton(AF_INET): exactly four decimal numbers. */
export function ptonV4(text: string): Uint8Array | null {
  const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!m) return null;
  const n = m.slice(1).map(Number);
  return m.slice(1).every((t, i) => n[i] <= 255 && (t.length === 1 || t[0] !== '0')) ? Uint8Array.from(n) : null;
}

/** inet_pton(AF_INET6). */
export function ptonV6(text: string): Uint8Array | null {
  let src = text;
  let tail: Uint8Array | null = null;
  if (src.includes('.')) {
    const at = src.lastIndexOf(':');
    tail = at < 0 ? null : ptonV4(src.slice(at + 1));
    if (!tail) return null;
    src = `${src.slice(0, at + 1)}0:0`;
  }
  const halves = src.split('::');
  if (halves.length > 2) return null;
  const words = (s: string): string[] => (s === '' ? [] : s.split(':'));
  const head = words(halves[0]);
  const rest = halves.length === 2 ? words(halves[1]) : [];
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...rest];
  if (!all.every((w) => /^[0-9a-fA-F]{1,4}$/.test(w))) return null;
  const out = new Uint8Array(16);
  all.forEach((w, i) => {
    const v = Number.parseInt(w, 16);
    out[2 * i] = v >> 8;
    out[2 * i + 1] = v & 255;
  });
  if (tail) out.set(tail, 12);
  return out;
}

/** inet_ntop(3) of 4 or 16 bytes. */
export function ntop(a: Uint8Array): string {
  if (a.length === 4) return a.join('.');
  const w = Array.from({ length: 8 }, (_, i) => (a[2 * i] << 8) | a[2 * i + 1]);
  let best = -1;
  let bestLen = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && w[i + n] === 0) n++;
    if (n > bestLen) {
      best = i;
      bestLen = n;
    }
    if (n) i += n - 1;
  }
  // glibc prints an embedded IPv4 address for ::a.b.c.d and ::ffff:a.b.c.d.
  if (best === 0 && (bestLen === 6 || (bestLen === 7 && w[7] !== 1) || (bestLen === 5 && w[5] === 0xffff)) && !(bestLen === 7))
    return `${bestLen === 6 ? '::' : '::ffff:'}${a.slice(12).join('.')}`;
  const text = (from: number, to: number): string =>
    w
      .slice(from, to)
      .map((x) => x.toString(16))
      .join(':');
  return best < 0 ? text(0, 8) : `${text(0, best)}::${text(best + bestLen, 8)}`;
}

/** Prefix length of a mask, -1 where its ones are not in front (xtables_ipmask_to_cidr, xtables_ip6mask_to_cidr). */
export function maskLength(mask: Uint8Array): number {
  let n = 0;
  let ended = false;
  for (const b of mask)
    for (let i = 7; i >= 0; i--) {
      if ((b >> i) & 1) {
        if (ended) return -1;
        n++;
      } else ended = true;
    }
  return n;
}

export function prefixMask(length: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => {
    const n = Math.max(0, Math.min(8, length - 8 * i));
    return (0xff << (8 - n)) & 0xff;
  });
}

/** xtables_ipmask_to_numeric / xtables_ip6mask_to_numeric: `/24`, `/255.0.255.0`, or nothing for a whole address. */
export function maskText(mask: Uint8Array): string {
  const n = maskLength(mask);
  return n === mask.length * 8 ? '' : n >= 0 ? `/${n}` : `/${ntop(mask)}`;
}

/** Name of the address where the host knows one (xtables_ipaddr_to_anyname), else its number. */
export const anyName = (a: Uint8Array, names: Names): string => names.hostName(a) ?? ntop(a);

/** xtables_numeric_to_ipaddr: up to four numbers in any C base; missing ones are 0. */
export function numericToIp(text: string): Uint8Array | null {
  return dottedQuad(text) ?? numericParts(text);
}

/** Four decimal numbers, the usual case; null: perhaps another way to write it. */
function dottedQuad(text: string): Uint8Array | null {
  const out = new Uint8Array(4);
  let at = 0,
    value = -1;
  for (let i = 0; i <= text.length; i++) {
    const d = text.charCodeAt(i) - 48;
    if (d >= 0 && d <= 9) {
      if (value === 0) return null;
      value = value < 0 ? d : value * 10 + d;
      if (value > 255) return null;
    } else {
      if (value < 0 || at > 3 || (i < text.length && d !== -2)) return null;
      out[at++] = value;
      value = -1;
    }
  }
  return at === 4 ? out : null;
}

function numericParts(text: string): Uint8Array | null {
  const parts = text.split('.');
  const head = parts.slice(0, 3);
  const bytes = (parts.length > 3 ? [...head, parts.slice(3).join('.')] : head).map((p) => wholeUint(p, 0, 255));
  if (bytes.some((b) => b === null)) return null;
  return Uint8Array.from([0, 1, 2, 3], (i) => bytes[i] ?? 0);
}

/** xtables_numeric_to_ipmask: all four numbers. */
export const numericToMask = (text: string): Uint8Array | null => (text.split('.').length < 4 ? null : numericToIp(text));

/** An address that getaddrinfo(3) reads without asking: inet_aton's forms, IPv4 also as `::ffff:1.2.3.4`, IPv6 with a scope. */
export function literalAddress(text: string, family: 'ip' | 'ip6'): Uint8Array | null {
  if (family === 'ip6') return scopedV6(text);
  const v4 = inetAton(text);
  if (v4) return v4;
  const v6 = ptonV6(text);
  if (!v6) return null;
  const mapped = v6.subarray(0, 10).every((b) => b === 0) && v6[10] === 255 && v6[11] === 255;
  return mapped ? v6.subarray(12) : null;
}

const scopedV6 = (text: string): Uint8Array | null => ptonV6(text.replace(/%.*$/, ''));

/**
 * What the resolver asks somebody about: labels of at most 63 bytes, 253 in all, of letters, digits, `-` (not in front) and `_` (ns_name_pton, res_hnok);
 * `\\` takes the next byte as it is, or three digits for one.
 */
function isHostName(text: string): boolean {
  const plain = text.replace(/\\(\d{3}|.)/gs, (_, c: string) => (c.length === 3 ? String.fromCharCode(Number(c)) : c === '.' ? ' ' : c));
  if (plain === '.') return true;
  return plain.length <= 254 && /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/.test(plain) && plain.replace(/\.$/, '').length <= 253;
}

/** getaddrinfo(3) with the family fixed, as xtoptions.c uses it. Throws its words. */
export function resolveHost(text: string, family: 'ip' | 'ip6', names: Names): readonly Uint8Array[] {
  const literal = literalAddress(text, family);
  if (literal) return [literal];
  if (family === 'ip' ? scopedV6(text) : inetAton(text)) throw new XtError('PARAMETER_PROBLEM', 'getaddrinfo: Address family for hostname not supported\n');
  if ((family === 'ip' && /^\d([\d.]*\d)?$/.test(text)) || !isHostName(text)) throw new XtError('PARAMETER_PROBLEM', 'getaddrinfo: Name or service not known\n');
  const found = names.host(text, family);
  if (found.length === 0) throw new XtError('PARAMETER_PROBLEM', 'getaddrinfo: Temporary failure in name resolution\n');
  return found;
}

/** xtables_print_mac. */
export const macText = (mac: Uint8Array): string => Array.from(mac.subarray(0, 6), (b) => b.toString(16).padStart(2, '0')).join(':');

const macBytes = (text: string): Uint8Array => Uint8Array.from(text.split(':'), (h) => Number.parseInt(h, 16));

/** Six hex numbers of one or two digits; null: not a MAC address. */
export const parseMac = (text: string): Uint8Array | null => (/^([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}$/.test(text) ? macBytes(text) : null);

/** ether_aton(3): what follows the last number does not count, after one digit only if it is a blank. */
export function etherAton(text: string): Uint8Array | null {
  const m = /^([0-9a-f]{1,2}:){5}([0-9a-f]{2}|[0-9a-f](?=\s|$))/i.exec(text);
  return m && macBytes(m[0]);
}

/** xtopt_parse_ethermac: six numbers as strtoul(3) reads them, at most two characters each, a sign or nothing among them. */
export function strtoulMac(text: string): Uint8Array | null {
  const parts = text.split(':');
  if (text === '' || parts.length !== 6 || !parts.every((p) => p.length <= 2 && (p === '' || strtoul(p, 16).rest === ''))) return null;
  return Uint8Array.from(parts, (p) => Number(strtoul(p, 16).value & 0xffn));
}
