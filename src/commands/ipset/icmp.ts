import { IpsetError } from './errors.ts';
import { parseNumber } from './number.ts';

type Rows = readonly (readonly [string, number, number])[];

/** lib/icmp.c */
const ICMP: Rows = [
  ['echo-reply', 0, 0],
  ['pong', 0, 0],
  ['network-unreachable', 3, 0],
  ['host-unreachable', 3, 1],
  ['protocol-unreachable', 3, 2],
  ['port-unreachable', 3, 3],
  ['fragmentation-needed', 3, 4],
  ['source-route-failed', 3, 5],
  ['network-unknown', 3, 6],
  ['host-unknown', 3, 7],
  ['network-prohibited', 3, 9],
  ['host-prohibited', 3, 10],
  ['TOS-network-unreachable', 3, 11],
  ['TOS-host-unreachable', 3, 12],
  ['communication-prohibited', 3, 13],
  ['host-precedence-violation', 3, 14],
  ['precedence-cutoff', 3, 15],
  ['source-quench', 4, 0],
  ['network-redirect', 5, 0],
  ['host-redirect', 5, 1],
  ['TOS-network-redirect', 5, 2],
  ['TOS-host-redirect', 5, 3],
  ['echo-request', 8, 0],
  ['ping', 8, 0],
  ['router-advertisement', 9, 0],
  ['router-solicitation', 10, 0],
  ['ttl-zero-during-transit', 11, 0],
  ['ttl-zero-during-reassembly', 11, 1],
  ['ip-header-bad', 12, 0],
  ['required-option-missing', 12, 1],
  ['timestamp-request', 13, 0],
  ['timestamp-reply', 14, 0],
  ['address-mask-request', 17, 0],
  ['address-mask-reply', 18, 0],
];
/** lib/icmpv6.c */
const ICMP6: Rows = [
  ['no-route', 1, 0],
  ['communication-prohibited', 1, 1],
  ['address-unreachable', 1, 3],
  ['port-unreachable', 1, 4],
  ['packet-too-big', 2, 0],
  ['ttl-zero-during-transit', 3, 0],
  ['ttl-zero-during-reassembly', 3, 1],
  ['bad-header', 4, 0],
  ['unknown-header-type', 4, 1],
  ['unknown-option', 4, 2],
  ['echo-request', 128, 0],
  ['ping', 128, 0],
  ['echo-reply', 129, 0],
  ['pong', 129, 0],
  ['router-solicitation', 133, 0],
  ['router-advertisement', 134, 0],
  ['neighbour-solicitation', 135, 0],
  ['neigbour-solicitation', 135, 0],
  ['neighbour-advertisement', 136, 0],
  ['neigbour-advertisement', 136, 0],
  ['redirect', 137, 0],
];
const rows = (v6: boolean): Rows => (v6 ? ICMP6 : ICMP);

/** Type and code as the 16 bits in which sets keep them. */
export function parseIcmp(text: string, v6: boolean): number {
  const row = rows(v6).find(([name]) => name.toLowerCase() === text.toLowerCase());
  if (row) return (row[1] << 8) | row[2];
  const slash = text.indexOf('/');
  if (slash < 0 || slash === text.length - 1) throw new IpsetError(`Cannot parse ${text} as an ICMP${v6 ? 'v6' : ''} type/code.`);
  return (parseNumber(text.slice(0, slash), 0, 255) << 8) | parseNumber(text.slice(slash + 1), 0, 255);
}

export const icmpName = (typecode: number, v6: boolean): string =>
  rows(v6).find(([, type, code]) => ((type << 8) | code) === typecode)?.[0] ?? `${typecode >> 8}/${typecode & 255}`;
