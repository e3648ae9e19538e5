import type { Constant, Datatype, NameContext, Parsed, PrintContext, Valued } from './types.ts';
import { bytesToValue, valueToBytes } from './bytes.ts';
import { error, integer, parseNumber } from './basic.ts';

/** inet_aton's decimal forms are what the grammar lets through; four parts of one byte each, or fewer with a wider last. */
export function parseIpv4(word: string): bigint | null {
  const n = dotted(word);
  return n < 0 ? inetAton(word) : BigInt(n);
}

/** Four plain decimal parts, the usual form; -1: anything else. */
function dotted(word: string): number {
  let value = 0,
    part = 0,
    digits = 0,
    dots = 0;
  for (let i = 0; i < word.length; i++) {
    const c = word.charCodeAt(i) - 48;
    if (c === -2 && digits && dots < 3) {
      value = value * 256 + part;
      part = 0;
      digits = 0;
      dots++;
      continue;
    }
    if (c < 0 || c > 9 || (digits && part === 0)) return -1;
    part = part * 10 + c;
    if (part > 255) return -1;
    digits++;
  }
  return dots === 3 && digits ? value * 256 + part : -1;
}

function inetAton(word: string): bigint | null {
  const parts = word.split('.');
  if (parts.length > 4 || !parts.every((p) => /^(0[xX][0-9a-fA-F]+|\d+)$/.test(p))) return null;
  const nums = parts.map((p) => (/^0\d/.test(p) ? Number.parseInt(p, 8) : Number(p)));
  const last = nums.pop() as number;
  if (nums.some((n) => n > 255) || last >= 256 ** (4 - nums.length)) return null;
  return nums.reduce((acc, n, i) => acc + BigInt(n) * 256n ** BigInt(3 - i), BigInt(last));
}

export function parseIpv6(word: string): bigint | null {
  let text = word;
  const v4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (v4) {
    const n = parseIpv4(v4[2] as string);
    if (n === null) return null;
    text = `${v4[1]}${(n >> 16n).toString(16)}:${(n & 0xffffn).toString(16)}`;
  }
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const groups = (s: string | undefined): string[] => (s ? s.split(':') : []);
  const left = groups(halves[0]);
  const right = groups(halves[1]);
  const count = left.length + right.length;
  if (halves.length === 2 ? count > 7 : count !== 8) return null;
  const all = [...left, ...Array<string>(8 - count).fill('0'), ...right];
  if (!all.every((g) => /^[0-9a-fA-F]{1,4}$/.test(g))) return null;
  return all.reduce((acc, g) => (acc << 16n) | BigInt(`0x${g}`), 0n);
}

export const formatIpv4 = (v: bigint): string => [24n, 16n, 8n, 0n].map((s) => (v >> s) & 255n).join('.');

/** inet_ntop: the first longest run of two or more zero groups is `::`; v4-mapped and v4-compatible end dotted. */
export function formatIpv6(v: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((v >> BigInt(112 - 16 * i)) & 0xffffn));
  let best = -1;
  let bestLen = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLen) {
      best = i;
      bestLen = n;
    }
    if (n) i += n - 1;
  }
  const dotted = best === 0 && (bestLen === 6 || (bestLen === 5 && groups[5] === 0xffff));
  const end = dotted ? 6 : 8;
  const part = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':');
  let text = best < 0 ? part(0, end) : `${part(0, best)}::${best + bestLen < end ? part(best + bestLen, end) : ''}`;
  if (dotted) text += `${text.endsWith(':') ? '' : ':'}${formatIpv4(v & 0xffffffffn)}`;
  return text;
}

/** getaddrinfo's answer for an unknown name: without a name server it is a temporary failure unless the word cannot be a name. */
function resolve(word: string, family: 'ip' | 'ip6', self: Datatype, context: NameContext): Parsed {
  if (family === 'ip' ? parseIpv6(word) !== null : parseIpv4(word) !== null) return error('Could not resolve hostname: Address family for hostname not supported');
  const found = context.names.host(word, family);
  if (found.length > 1) return error('Hostname resolves to multiple addresses');
  if (found.length === 1) return constant(self, bytesToValue(found[0] as Uint8Array, 'big'));
  const plausible = !/^[0-9.]+$/.test(word) && !/^[-.]|\.\.|[^A-Za-z0-9._-]/.test(word);
  return error(`Could not resolve hostname: ${plausible ? 'Temporary failure in name resolution' : 'Name or service not known'}`);
}

const constant = (self: Datatype, value: bigint): Parsed => ({ kind: 'value', dtype: self.id, constant: { value, byteorder: self.byteorder, len: self.size } });

export const ipv4: Datatype = {
  id: 'ipv4_addr',
  name: 'ipv4_addr',
  number: 7,
  desc: 'IPv4 address',
  byteorder: 'big',
  size: 32,
  base: integer,
  prefixable: true,
  parse: (word, c, self) => {
    const v = parseIpv4(word);
    return v === null ? resolve(word, 'ip', self, c) : constant(self, v);
  },
  print: (v, c) => (c.options.reverseDns ? c.names.hostName(valueToBytes(v.value, 4, 'big')) : undefined) ?? formatIpv4(v.value),
};

export const ipv6: Datatype = {
  id: 'ipv6_addr',
  name: 'ipv6_addr',
  number: 8,
  desc: 'IPv6 address',
  byteorder: 'big',
  size: 128,
  base: integer,
  prefixable: true,
  parse: (word, c, self) => {
    const v = parseIpv6(word);
    return v === null ? resolve(word, 'ip6', self, c) : constant(self, v);
  },
  print: (v, c) => (c.options.reverseDns ? c.names.hostName(valueToBytes(v.value, 16, 'big')) : undefined) ?? formatIpv6(v.value),
};

function printLladdr(v: Valued): string {
  return [...valueToBytes(v.value, Math.ceil(v.len / 8), v.byteorder)].map((b) => b.toString(16).padStart(2, '0')).join(':');
}

function parseLladdr(word: string, self: Datatype): Parsed {
  const bytes = word.split(':').map((p) => (/^[0-9a-fA-F]+$/.test(p) ? Number.parseInt(p, 16) : 256));
  if (bytes.some((b) => b > 255)) return error('Invalid LL address');
  const value: Constant = { value: bytesToValue(Uint8Array.from(bytes), 'big'), byteorder: 'big', len: bytes.length * 8 };
  return { kind: 'value', dtype: self.id, constant: value };
}

export const lladdr: Datatype = {
  id: 'll_addr',
  name: 'll_addr',
  number: 6,
  desc: 'link layer address',
  byteorder: 'big',
  size: 0,
  base: integer,
  parse: (word, _c, self) => parseLladdr(word, self),
  print: printLladdr,
};

export const etheraddr: Datatype = { ...lladdr, id: 'ether_addr', name: 'ether_addr', number: 9, desc: 'Ethernet address', size: 48, base: lladdr };

export const inetProto: Datatype = {
  id: 'inet_proto',
  name: 'inet_proto',
  number: 12,
  desc: 'Internet protocol',
  byteorder: 'big',
  size: 8,
  base: integer,
  parse: (word, c, self) => {
    const n = parseNumber(word, self);
    const value = n?.kind === 'value' ? n.constant.value : BigInt(c.names.protocol(word) ?? -1);
    if (value < 0n) return error('Could not resolve protocol name');
    return value > 255n ? error('Protocol out of range') : constant(self, value);
  },
  print: (v, c) => protocolName(v, c) ?? v.value.toString(),
  json: (v, c) => protocolName(v, c) ?? v.value,
};

const protocolName = (v: Valued, c: PrintContext): string | undefined => (c.options.numericProto ? undefined : c.names.protocolName(Number(v.value)));
const serviceName = (v: Valued, c: PrintContext): string | undefined => (c.options.service ? c.names.serviceName(Number(v.value), null) : undefined);

export const inetService: Datatype = {
  id: 'inet_service',
  name: 'inet_service',
  number: 13,
  desc: 'internet network service',
  byteorder: 'big',
  size: 16,
  base: integer,
  parse: (word, c, self) => {
    if (/^\d+$/.test(word)) return BigInt(word) > 65535n ? error('Service out of range') : constant(self, BigInt(word));
    const port = c.names.service(word, null);
    return port === undefined ? error('Could not resolve service: Servname not supported for ai_socktype') : constant(self, BigInt(port));
  },
  print: (v, c) => {
    const name = serviceName(v, c);
    return name === undefined ? v.value.toString() : `"${name}"`;
  },
  json: (v, c) => serviceName(v, c) ?? v.value,
};
