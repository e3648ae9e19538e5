import type { DatatypeName } from '../../../parsers/nft/ast.ts';

export interface ExthdrField {
  readonly name: string;
  readonly dtype: DatatypeName;
  readonly offset: number;
  readonly len: number;
}
/** A header or option: what the kernel finds it by, its name, its fields (bits). */
export interface Exthdr {
  readonly name: string;
  readonly type: number;
  readonly fields: readonly ExthdrField[];
}

const f = (name: string, offset: number, len: number, dtype: DatatypeName = 'integer'): ExthdrField => ({ name, dtype, offset, len });
const next = [f('nexthdr', 0, 8, 'inet_proto'), f('hdrlength', 8, 8)];

/** exthdr.c: IPv6 extension headers. Where several share a type the real table's last (srh) wins beside rt. */
export const IPV6_EXTHDR: readonly Exthdr[] = [
  { name: 'hbh', type: 0, fields: next },
  { name: 'rt', type: 43, fields: [...next, f('type', 16, 8), f('seg-left', 24, 8)] },
  {
    name: 'srh',
    type: 43,
    fields: [
      f('last-entry', 32, 8),
      f('flags', 40, 8),
      f('tag', 48, 16),
      f('sid[0]', 48, 16),
      ...[1, 2].map((i) => f(`sid[${i}]`, 64 + 128 * (i - 1), 128, 'ipv6_addr')),
      // beyond the end of the table lies nothing that has a type
      ...Array.from({ length: 13 }, (_, i) => f(`sid[${i + 3}]`, 0, 0, 'invalid')),
    ],
  },
  { name: 'rt0', type: 43, fields: [f('reserved', 32, 32), f('addr[0]', 32, 32), f('addr[1]', 64, 128, 'ipv6_addr')] },
  { name: 'rt2', type: 43, fields: [f('reserved', 32, 32), f('addr', 64, 128, 'ipv6_addr')] },
  {
    name: 'frag',
    type: 44,
    fields: [f('nexthdr', 0, 8, 'inet_proto'), f('reserved', 8, 8), f('frag-off', 16, 13), f('reserved2', 29, 2), f('more-fragments', 31, 1), f('id', 32, 32)],
  },
  { name: 'dst', type: 60, fields: next },
  { name: 'mh', type: 135, fields: [...next, f('type', 16, 8, 'mh_type'), f('reserved', 24, 8), f('checksum', 32, 16)] },
];

const kindLength = [f('kind', 0, 8), f('length', 8, 8)];
const sack = (at: number): ExthdrField[] => [...kindLength, f('left', at, 32), f('right', at + 32, 32)];

/** tcpopt.c. The first of a type is printed; `sack0` is `sack`. */
export const TCPOPT: readonly Exthdr[] = [
  { name: 'eol', type: 0, fields: [f('kind', 0, 8)] },
  { name: 'nop', type: 1, fields: [f('kind', 0, 8)] },
  { name: 'maxseg', type: 2, fields: [...kindLength, f('size', 16, 16)] },
  { name: 'window', type: 3, fields: [...kindLength, f('count', 16, 8)] },
  { name: 'sack-perm', type: 4, fields: kindLength },
  { name: 'sack', type: 5, fields: sack(16) },
  { name: 'sack1', type: 5, fields: sack(80) },
  { name: 'sack2', type: 5, fields: sack(144) },
  { name: 'sack3', type: 5, fields: sack(208) },
  { name: 'timestamp', type: 8, fields: [...kindLength, f('tsval', 16, 32), f('tsecr', 48, 32)] },
  { name: 'fastopen', type: 34, fields: kindLength },
  { name: 'md5sig', type: 19, fields: kindLength },
  { name: 'mptcp', type: 30, fields: [...kindLength, f('subtype', 16, 4, 'mptcp_subtype')] },
];

/** Other words for options. */
export const TCPOPT_ALIAS: Readonly<Record<string, string>> = { sack0: 'sack', mss: 'maxseg', 'sack-permitted': 'sack-perm', echo: 'timestamp' };

const route = [f('type', 0, 8), f('length', 8, 8), f('ptr', 16, 8), f('addr', 24, 32, 'ipv4_addr')];

/** ipopt.c */
export const IPOPT: readonly Exthdr[] = [
  { name: 'lsrr', type: 131, fields: route },
  { name: 'rr', type: 7, fields: route },
  { name: 'ssrr', type: 137, fields: route },
  { name: 'ra', type: 148, fields: [f('type', 0, 8), f('length', 8, 8), f('value', 16, 16)] },
];

const chunk = [f('type', 0, 8), f('flags', 8, 8), f('length', 16, 16)];

/** sctp_chunk.c */
export const SCTP_CHUNK: readonly Exthdr[] = [
  { name: 'data', type: 0, fields: [...chunk, f('tsn', 32, 32), f('stream', 64, 16), f('ssn', 80, 16), f('ppid', 96, 32)] },
  {
    name: 'init',
    type: 1,
    fields: [...chunk, f('init-tag', 32, 32), f('a-rwnd', 64, 32), f('num-outbound-streams', 96, 16), f('num-inbound-streams', 112, 16), f('initial-tsn', 128, 32)],
  },
  {
    name: 'init-ack',
    type: 2,
    fields: [...chunk, f('init-tag', 32, 32), f('a-rwnd', 64, 32), f('num-outbound-streams', 96, 16), f('num-inbound-streams', 112, 16), f('initial-tsn', 128, 32)],
  },
  { name: 'sack', type: 3, fields: [...chunk, f('cum-tsn-ack', 32, 32), f('a-rwnd', 64, 32), f('num-gap-ack-blocks', 96, 16), f('num-dup-tsns', 112, 16)] },
  { name: 'heartbeat', type: 4, fields: chunk },
  { name: 'heartbeat-ack', type: 5, fields: chunk },
  { name: 'abort', type: 6, fields: chunk },
  { name: 'shutdown', type: 7, fields: [...chunk, f('cum-tsn-ack', 32, 32)] },
  { name: 'shutdown-ack', type: 8, fields: chunk },
  { name: 'error', type: 9, fields: chunk },
  { name: 'cookie-echo', type: 10, fields: chunk },
  { name: 'cookie-ack', type: 11, fields: chunk },
  { name: 'ecne', type: 12, fields: [...chunk, f('lowest-tsn', 32, 32)] },
  { name: 'cwr', type: 13, fields: [...chunk, f('lowest-tsn', 32, 32)] },
  { name: 'shutdown-complete', type: 14, fields: chunk },
  { name: 'asconf-ack', type: 128, fields: [...chunk, f('seqno', 32, 32)] },
  { name: 'forward-tsn', type: 192, fields: [...chunk, f('new-cum-tsn', 32, 32)] },
  { name: 'asconf', type: 193, fields: [...chunk, f('seqno', 32, 32)] },
];

export type ExthdrOp = 'ipv6' | 'tcpopt' | 'ipv4' | 'sctp' | 'dccp';
export const EXTHDR: Readonly<Record<Exclude<ExthdrOp, 'dccp'>, readonly Exthdr[]>> = { ipv6: IPV6_EXTHDR, tcpopt: TCPOPT, ipv4: IPOPT, sctp: SCTP_CHUNK };

export interface FoundExthdr {
  readonly header: string;
  readonly type: number;
  readonly field: ExthdrField;
}

/** The header and field that lie at a place, as exthdr_init_raw and its siblings search. */
export function findExthdr(op: Exclude<ExthdrOp, 'dccp'>, type: number, offset: number, len: number): FoundExthdr | undefined {
  for (const h of EXTHDR[op]) {
    if (h.type !== type) continue;
    const field = h.fields.find((x) => x.offset === offset && x.len === len);
    if (field) return { header: h.name, type, field };
  }
  return undefined;
}

export function exthdrField(op: Exclude<ExthdrOp, 'dccp'>, header: string, name: string): FoundExthdr | undefined {
  const h = EXTHDR[op].find((x) => x.name === (op === 'tcpopt' ? (TCPOPT_ALIAS[header] ?? header) : header));
  const field = h?.fields.find((x) => x.name === name);
  return h && field ? { header: h.name, type: h.type, field } : undefined;
}
