import type { ParseContext } from '../definition.ts';
import { ntop, ptonV4, ptonV6 } from '../address.ts';
import { scanUint } from '../number.ts';
import { paramProblem } from '../text.ts';

/** NF_NAT_RANGE_* */
export const RANGE = { MAP_IPS: 1, PROTO_SPECIFIED: 2, PROTO_RANDOM: 4, PERSISTENT: 8, PROTO_RANDOM_FULLY: 16, PROTO_OFFSET: 32, NETMAP: 64 } as const;

/** struct nf_nat_range2: addresses in network order, all zero without MAP_IPS; ports in host order. */
export type NatInfo = {
  readonly flags: number;
  readonly min: Uint8Array;
  readonly max: Uint8Array;
  readonly minPort: number;
  readonly maxPort: number;
  readonly basePort: number;
};
type Range = { -readonly [K in keyof NatInfo]: NatInfo[K] };

export function emptyRange(family: string): NatInfo {
  const zero = new Uint8Array(family === 'ip6' ? 16 : 4);
  return { flags: 0, min: zero, max: zero, minPort: 0, maxPort: 0, basePort: 0 };
}

/** Protocols whose NAT takes a port range, by the number after -p; inversion and ICMPv6 are not looked at (libxt_NAT.c). */
export const portsAllowed = (c: ParseContext): boolean => [6, 17, 132, 33, 1].includes(c.proto?.number ?? 0);

/** libxt_NAT.c: parse_ports: `port`, `port-port`, `port-port/base`. Only the first and the base may be service names. */
export function parsePorts(text: string, d: Range, c: ParseContext): void {
  if (!portsAllowed(c)) throw paramProblem('Need TCP, UDP, SCTP or DCCP with port specification');
  d.flags |= RANGE.PROTO_SPECIFIED;
  const first = scanUint(text, 0, 65535);
  const port = first ? first.value : c.names.service(text, null);
  if (port === undefined) throw paramProblem(`Port \`${text}' not valid`);
  const rest = first ? first.rest : '';
  d.minPort = port;
  d.maxPort = port;
  if (rest === '') return;
  if (rest[0] === ':') throw paramProblem('Invalid port:port syntax - use dash');
  if (rest[0] !== '-') throw paramProblem(`Garbage after port value: \`${rest}'`);
  parseSecond(rest.slice(1), port, d, c);
}

function parseSecond(text: string, port: number, d: Range, c: ParseContext): void {
  const second = scanUint(text, 0, 65535);
  if (!second) throw paramProblem(`Port \`${text}' not valid`);
  if (second.value < port) throw paramProblem(`Port range \`${text}' funky`);
  d.maxPort = second.value;
  if (second.rest === '') return;
  if (second.rest[0] !== '/') throw paramProblem(`Garbage after port range: \`${second.rest}'`);
  const word = second.rest.slice(1);
  const base = scanUint(word, 1, 65535)?.value ?? c.names.service(word, null);
  if (base === undefined) throw paramProblem(`Port \`${word}' not valid`);
  d.flags |= RANGE.PROTO_OFFSET;
  d.basePort = base;
}

/** libxt_NAT.c: parse_to: `[addr][-addr][:ports]`, IPv6 addresses in brackets when ports follow. */
export function parseTo(text: string, d: Range, c: ParseContext): void {
  const pton = c.family === 'ip6' ? ptonV6 : ptonV4;
  const open = text.indexOf('[');
  let addresses = text;
  let colon = -1;
  if (open < 0) {
    colon = text.indexOf(':');
    if (colon >= 0 && text.indexOf(':', colon + 1) >= 0) colon = -1;
    if (colon >= 0) addresses = text.slice(0, colon);
  } else {
    const close = text.indexOf(']', open);
    if (close < 0 || c.family !== 'ip6') throw paramProblem('Invalid address format');
    addresses = text.slice(open + 1, close);
    colon = text.indexOf(':', close + 1);
  }
  if (colon >= 0) {
    parsePorts(text.slice(colon + 1), d, c);
    if (colon === 0) return;
  }
  d.flags |= RANGE.MAP_IPS;
  const dash = addresses.indexOf('-');
  const read = (word: string): Uint8Array => {
    const a = pton(word);
    if (!a) throw paramProblem(`Bad IP address "${word}"`);
    return a;
  };
  d.min = read(dash < 0 ? addresses : addresses.slice(0, dash));
  d.max = dash < 0 ? d.min : read(addresses.slice(dash + 1));
}

export const portsText = (i: NatInfo): string => `${i.minPort}${i.maxPort === i.minPort ? '' : `-${i.maxPort}`}${i.flags & RANGE.PROTO_OFFSET ? `/${i.basePort}` : ''}`;

export function rangeText(i: NatInfo): string {
  const ports = (i.flags & RANGE.PROTO_SPECIFIED) !== 0;
  let out = '';
  if (i.flags & RANGE.MAP_IPS) {
    const low = ntop(i.min);
    const high = ntop(i.max);
    out = low === high ? low : `${low}-${high}`;
    if (i.min.length === 16 && ports) out = `[${out}]`;
  }
  return ports ? `${out}:${portsText(i)}` : out;
}

const FLAG_WORDS: readonly (readonly [number, string, string])[] = [
  [RANGE.PROTO_RANDOM, 'random', 'random'],
  [RANGE.PROTO_RANDOM_FULLY, 'random-fully', 'fully-random'],
  [RANGE.PERSISTENT, 'persistent', 'persistent'],
];
export const flagOptions = (flags: number, dash: string): string =>
  FLAG_WORDS.filter(([bit]) => flags & bit)
    .map(([, word]) => ` ${dash}${word}`)
    .join('');
/** ` random,persistent` as nft writes it. */
export const flagList = (flags: number): string => {
  const words = FLAG_WORDS.filter(([bit]) => flags & bit).map(([, , word]) => word);
  return words.length ? ` ${words.join(',')}` : '';
};
export const FLAG_OF: Readonly<Record<string, number>> = { random: RANGE.PROTO_RANDOM, 'random-fully': RANGE.PROTO_RANDOM_FULLY, persistent: RANGE.PERSISTENT };

/** The kernel's MASQUERADE, SNAT and IPv4 REDIRECT structs have no base port (nf_nat_range, nf_nat_ipv4_multi_range_compat): it is lost, the flag stays. */
export const withoutBase = (d: NatInfo): NatInfo => ({ flags: d.flags, min: d.min, max: d.max, minPort: d.minPort, maxPort: d.maxPort, basePort: 0 });
