import { ntop, parseMac, ptonV4, ptonV6 } from '../../kernel/xt/address.ts';

/** What ends `ip` while it reads its words: text for standard error, and the exit status. */
export class IpError extends Error {
  readonly status: number;
  constructor(message: string, status = 255) {
    super(message);
    this.status = status;
  }
}

/** Words after the object, read one by one (NEXT_ARG, matches()). */
export class Words {
  readonly #all: readonly string[];
  #at = 0;
  constructor(all: readonly string[]) {
    this.#all = all;
  }
  get more(): boolean {
    return this.#at < this.#all.length;
  }
  peek(): string | undefined {
    return this.#all[this.#at];
  }
  next(): string {
    const w = this.#all[this.#at++];
    if (w === undefined) throw new IpError('Command line is not complete. Try option "help"\n');
    return w;
  }
}

/** matches(): `word` is a beginning of `full`. */
export const abbreviates = (word: string, full: string): boolean => word !== '' && full.startsWith(word);

export interface Prefix {
  readonly family: 4 | 6;
  readonly addr: Uint8Array;
  readonly len: number;
  readonly hasLen: boolean;
}

export function parsePrefix(text: string, family: 4 | 6 | 0): Prefix {
  if (text === 'default' || text === 'any' || text === 'all') return { family: family === 6 ? 6 : 4, addr: new Uint8Array(family === 6 ? 16 : 4), len: 0, hasLen: true };
  const [a, l] = text.split('/');
  const addr = family === 6 ? ptonV6(a) : family === 4 ? shortV4(a) : (shortV4(a) ?? ptonV6(a));
  if (!addr) throw new IpError(`Error: ${family === 6 ? 'inet6' : family === 4 ? 'inet' : 'any valid'} prefix is expected rather than "${text}".\n`, 1);
  const bits = addr.length * 8;
  const len = l === undefined ? bits : /^\d+$/.test(l) ? Number(l) : maskLen(l);
  if (len < 0 || len > bits) throw new IpError(`Error: ${family === 6 ? 'inet6' : family === 4 ? 'inet' : 'any valid'} prefix is expected rather than "${text}".\n`, 1);
  return { family: addr.length === 4 ? 4 : 6, addr, len, hasLen: l !== undefined };
}

/** get_addr_ipv4: missing bytes are 0 (10/8). */
function shortV4(text: string): Uint8Array | null {
  if (!/^\d{1,3}(\.\d{1,3}){0,3}$/.test(text)) return null;
  const parts = text.split('.').map(Number);
  return parts.every((p) => p < 256) ? Uint8Array.from([0, 1, 2, 3], (i) => parts[i] ?? 0) : null;
}

const maskLen = (text: string): number => {
  const m = ptonV4(text);
  if (!m) return -1;
  const n = ((m[0] << 24) | (m[1] << 16) | (m[2] << 8) | m[3]) >>> 0;
  const inverted = ~n >>> 0;
  return (inverted & (inverted + 1)) === 0 ? Math.clz32(inverted) : -1;
};

export function parseAddr(text: string, family: 4 | 6 | 0): Uint8Array {
  const addr = family === 6 ? ptonV6(text) : family === 4 ? ptonV4(text) : (ptonV4(text) ?? ptonV6(text));
  if (!addr) throw new IpError(`Error: ${family === 6 ? 'inet6' : family === 4 ? 'inet' : 'any valid'} address is expected rather than "${text}".\n`, 1);
  return addr;
}

export function parseLladdr(text: string): Uint8Array {
  const mac = parseMac(text);
  if (!mac) throw new IpError(`"${text}" is invalid lladdr.\n`, 1);
  return mac;
}

export function parseUint(text: string, what: string, max = 0xffffffff): number {
  const n = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(n) || n > max) throw new IpError(`Error: argument "${text}" is wrong: ${what}\n`);
  return n;
}

export const addrText = (a: Uint8Array): string => ntop(a);
export const macOf = (a: Uint8Array): string => Array.from(a, (x) => x.toString(16).padStart(2, '0')).join(':');
