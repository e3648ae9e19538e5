import type { Adt, Operation } from '../../kernel/ipset/entry.ts';
import type { SetType } from '../../kernel/ipset/definition.ts';
import { inetAton, ptonV6 } from '../../kernel/xt/address.ts';
import type { Names } from '../../kernel/xt/definition.ts';
import { IpsetError, syntax } from './errors.ts';
import { parseIcmp } from './icmp.ts';
import { parseBig, parseNumber } from './number.ts';

/** What the parsers of one command need to know. */
export interface ParseState {
  readonly names: Names;
  readonly family: 'inet' | 'inet6';
  readonly type: SetType;
  readonly verb: Operation;
  warn(text: string): void;
}
type Draft = { -readonly [K in keyof Adt]: Adt[K] };

/** Numbers that the resolver takes for an IPv4 address; hexadecimal ones it does not. */
export const numericV4 = (text: string): Uint8Array | null => (/x/i.test(text) ? null : inetAton(text));

/** A name or number as one address (get_addrinfo): the resolver's first answer. */
export function parseAddress(text: string, s: Pick<ParseState, 'names' | 'family' | 'warn'>): Uint8Array {
  const v6 = s.family === 'inet6';
  const numeric = v6 ? ptonV6(text) : numericV4(text);
  if (numeric) return numeric;
  const all = text === '' || (v6 ? inetAton(text) : ptonV6(text)) ? [] : s.names.host(text, v6 ? 'ip6' : 'ip');
  if (all.length === 0) throw syntax(`cannot parse ${text}: resolving to ${v6 ? 'IPv6' : 'IPv4'} address failed`);
  // The C library gives ::1 of the hosts file to IPv4 queries as a further 127.0.0.1.
  const mapped = !v6 && s.names.host(text, 'ip6').some((a) => a.every((b, i) => b === (i === 15 ? 1 : 0)));
  if (all.length > 1 || mapped) s.warn(`Warning: ${text} resolves to multiple addresses: using only the first one returned by the resolver.\n`);
  return all[0];
}

/** Place of a separator; -1 also where the text begins or ends with it (lib/parse.c). */
export const separatorAt = (text: string, separator: string): number => (text.startsWith(separator) || text.endsWith(separator) ? -1 : text.indexOf(separator));

/** Which forms a place takes: `single` address only, a `net`work, `any` of address, network and range; `range` is not one address. */
export type Form = 'single' | 'net' | 'any' | 'range';
const WANTED: Readonly<Record<Form, string>> = {
  single: 'plain IP address must be supplied',
  net: 'IP address or IP/cidr must be specified',
  any: 'IP address or IP-IP range must be specified',
  range: 'IP/cidr or IP-IP range must be specified',
};

/** lib/parse.c: parse_ip: `addr`, `addr/cidr`, `addr-addr`; a name with a dash goes into square brackets, as may any address. */
export function parseIp(text: string, form: Form, s: Pick<ParseState, 'names' | 'family' | 'warn'>): { ip: Uint8Array; ipTo?: Uint8Array; cidr?: number } {
  const bits = s.family === 'inet6' ? 128 : 32;
  const wrong = (): IpsetError => syntax(`${WANTED[form]}: ${text}`);
  const bare = (t: string): string => (t.startsWith('[') && t.endsWith(']') ? t.slice(1, -1) : t);
  const slash = separatorAt(text, '/');
  if (slash >= 0) {
    const tail = text.slice(slash + 1);
    // A whole prefix is a single address wherever one is wanted.
    const whole = tail === String(bits);
    if (form === 'single' && !whole) throw wrong();
    parseNumber(tail, 0, 255);
    const cidr = parseNumber(tail, 0, bits);
    const ip = parseAddress(bare(text.slice(0, slash)), s);
    return form === 'single' ? { ip } : { ip, cidr };
  }
  const dash = text.startsWith('[') && text.indexOf(']') >= 0 ? text.indexOf('-', text.indexOf(']')) : separatorAt(text, '-');
  if (dash >= 0) {
    if (form === 'single' || form === 'net') throw wrong();
    return { ip: parseAddress(bare(text.slice(0, dash)), s), ipTo: parseAddress(bare(text.slice(dash + 1)), s) };
  }
  if (form === 'range') throw wrong();
  return { ip: parseAddress(bare(text), s) };
}

/** One port or service name. Three complaints come together when it is neither. */
function parsePort(text: string, proto: string, names: Names): number {
  try {
    return parseNumber(text, 0, 65535);
  } catch (e) {
    const service = names.service(text, /^\d+$/.test(proto) ? (names.protocolName(Number(proto)) ?? proto) : proto);
    if (service !== undefined) return service;
    const first = e instanceof IpsetError ? e.message : '';
    const second = /^\d+$/.test(proto) ? '' : `Syntax error: '${proto}' is invalid as number\n`;
    throw new IpsetError(`${first}\n${second}cannot parse '${text}' as a ${proto} port`);
  }
}

export function parsePortRange(text: string, proto: string, names: Names): { port: number; portTo?: number } {
  const dash = separatorAt(text, '-');
  if (dash > 0 && names.service(text, proto) === undefined) {
    // The upper end is read first.
    const portTo = parsePort(text.slice(dash + 1), proto, names);
    return { port: parsePort(text.slice(0, dash), proto, names), portTo };
  }
  return { port: parsePort(text, proto, names) };
}

function parseProto(text: string, names: Names): number {
  const n = /^\d+$/.test(text) && Number(text) <= 255 ? Number(text) : text === 'icmpv6' ? 58 : names.protocol(text);
  if (n === undefined) throw syntax(`cannot parse '${text}' as a protocol`);
  return n;
}

/** lib/parse.c: ipset_parse_proto_port: `[proto:]port[-port]`, `icmp:type/code`; tcp when no protocol is said. */
export function parseProtoPort(text: string, s: Pick<ParseState, 'names' | 'family'>): { proto: number; port: number; portTo?: number } {
  const colon = separatorAt(text, ':');
  if (colon < 0) return { proto: 6, ...parsePortRange(text, 'tcp', s.names) };
  const [word, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  const proto = parseProto(word, s.names);
  switch (proto) {
    case 6:
    case 17:
    case 132:
    case 136:
      return { proto, ...parsePortRange(rest, word, s.names) };
    // After this error the tool goes on with an empty session and complains of that as well.
    case 1:
      if (s.family !== 'inet') throw new IpsetError('Syntax error: Protocol ICMP can be used with family inet only\nInvalid add command: missing setname');
      return { proto, port: parseIcmp(rest, false) };
    case 58:
      if (s.family !== 'inet6') throw new IpsetError('Syntax error: Protocol ICMPv6 can be used with family inet6 only\nInvalid add command: missing setname');
      return { proto, port: parseIcmp(rest, true) };
    default:
      if (rest !== '0') throw syntax(`Protocol ${word} can be used with pseudo port value 0 only.`);
      return { proto, port: 0 };
  }
}

function parseMac(text: string): Uint8Array {
  const parts = text.split(':');
  if (parts.length !== 6 || parts.some((p) => !/^[0-9a-fA-F]{1,2}$/.test(p))) throw syntax(`cannot parse '${text}' as ethernet address`);
  return Uint8Array.from(parts, (p) => Number.parseInt(p, 16));
}

function parseIface(text: string): { iface: string; physdev: boolean } {
  const physdev = text.startsWith('physdev:');
  const iface = physdev ? text.slice(8) : text;
  if (iface.length > 15) throw syntax(`interface name '${iface}' is longer than 15 characters`);
  return { iface, physdev };
}

/** The element's words: as many as the type has dimensions. */
function split(text: string, type: SetType): string[] {
  const n = type.parts.length;
  const words: string[] = [];
  let rest = text;
  for (let i = 0; i < n - 1; i++) {
    const at = separatorAt(rest, ',');
    if (at < 0) {
      if (type.name === 'bitmap:ip,mac') return [rest];
      throw syntax(`${i === 0 ? 'Second' : 'Third'} element is missing from ${text}.`);
    }
    words.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
  if (separatorAt(rest, ',') >= 0)
    throw syntax(`${['Elem separator', 'Two elem separators', 'Three elem separators'][n - 1]} in ${text}, but settype ${type.name} supports ${['none', 'one', 'two'][n - 1]}.`);
  return [...words, rest];
}

function parsePart(part: SetType['parts'][number], at: number, word: string, d: Draft, s: ParseState): void {
  const v6 = s.family === 'inet6';
  switch (part) {
    case 'ip':
    case 'net': {
      const form: Form = part === 'net' ? (v6 ? 'net' : 'any') : at > 0 || v6 || s.type.parts.includes('mac') ? 'single' : 'any';
      const a = parseIp(word, form, s);
      if (at === 0) {
        d.ip = a.ip;
        d.ipTo = a.ipTo;
        d.cidr = a.cidr;
      } else {
        d.ip2 = a.ip;
        d.ip2To = a.ipTo;
        d.cidr2 = a.cidr;
      }
      break;
    }
    case 'port': {
      const p = parseProtoPort(word, s);
      d.proto = p.proto;
      d.port = p.port;
      d.portTo = p.portTo;
      break;
    }
    case 'mac':
      d.mac = parseMac(word);
      break;
    case 'mark':
      d.mark = Number(parseBig(word, 0n, 0xffffffffn));
      break;
    case 'iface':
      Object.assign(d, parseIface(word));
      break;
  }
}

/** Ranges that `test` does not take. hash:ip and hash:ip,mark let them pass, as their C tables do. */
function refuseRanges(d: Draft, s: ParseState): void {
  const where = `in command ${s.verb} with set type ${s.type.name} and family ${s.type.family === 'unspec' ? 'unspec' : s.family}`;
  if (s.verb !== 'test') return;
  if (s.type.name !== 'hash:ip' && d.ipTo) throw new IpsetError(`FROM-TO IP range is not allowed ${where}`);
  const single = s.type.method === 'bitmap' || (s.type.parts[0] === 'ip' && s.type.parts.length > 1);
  if (single && d.cidr !== undefined) throw new IpsetError(`IP/CIDR range is not allowed ${where}`);
  if (d.portTo !== undefined) throw new IpsetError(`FROM-TO port range is not allowed ${where}`);
}

export function parseElement(text: string, s: ParseState): Draft {
  const d: Draft = {};
  if (s.type.method === 'list') {
    if (separatorAt(text, ',') >= 0) throw new IpsetError('you must specify elements as setname,[before|after],setname');
    d.name = text;
    return d;
  }
  split(text, s.type).forEach((word, at) => parsePart(s.type.parts[at], at, word, d, s));
  refuseRanges(d, s);
  return d;
}
