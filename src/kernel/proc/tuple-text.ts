import type { Tuple } from '../conntrack/entry.ts';

export const L3 = (n: number): string => (n === 2 ? 'ipv4' : n === 10 ? 'ipv6' : 'unknown');
const NAMES: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre', 58: 'icmpv6', 132: 'sctp', 136: 'udplite' };
export const L4 = (n: number): string => NAMES[n] ?? 'unknown';

/** %pI4, %pI6: the latter in full. */
export function address(a: Uint8Array): string {
  if (a.length === 4) return a.join('.');
  return Array.from({ length: 8 }, (_, i) => ((a[2 * i] << 8) | a[2 * i + 1]).toString(16).padStart(4, '0')).join(':');
}

/** The l4 part of print_tuple. */
export function proto(t: Tuple): string {
  switch (t.protonum) {
    case 1:
    case 58:
      return `type=${t.icmp?.type ?? 0} code=${t.icmp?.code ?? 0} id=${t.sport} `;
    case 6:
    case 17:
    case 132:
    case 136:
      return `sport=${t.sport} dport=${t.dport} `;
    case 47:
      return `srckey=0x${t.sport.toString(16)} dstkey=0x${t.dport.toString(16)} `;
    default:
      return '';
  }
}
