import { ntop } from '../../kernel/xt/address.ts';
import { u16, u32 } from '../../kernel/net/wire/bytes.ts';
import { ETH, IP_MF, IP_OFFSET, IPPROTO, ip4HeaderLen, skipExtensions } from '../../kernel/net/wire/ip.ts';

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  132: 'sctp',
  136: 'udplite',
};
const ICMP: Readonly<Record<number, string>> = {
  0: 'echo-reply',
  3: 'destination-unreachable',
  5: 'redirect',
  8: 'echo-request',
  11: 'time-exceeded',
  12: 'parameter-problem',
};
const ICMPV6: Readonly<Record<number, string>> = {
  1: 'destination-unreachable',
  2: 'packet-too-big',
  3: 'time-exceeded',
  4: 'parameter-problem',
  128: 'echo-request',
  129: 'echo-reply',
  133: 'nd-router-solicit',
  134: 'nd-router-advert',
  135: 'nd-neighbor-solicit',
  136: 'nd-neighbor-advert',
};
const UNREACHABLE: Readonly<Record<number, string>> = {
  0: 'net-unreachable',
  1: 'host-unreachable',
  2: 'prot-unreachable',
  3: 'port-unreachable',
  4: 'frag-needed',
  9: 'net-prohibited',
  10: 'host-prohibited',
  13: 'admin-prohibited',
};
const UNREACHABLE6: Readonly<Record<number, string>> = { 0: 'no-route', 1: 'admin-prohibited', 3: 'addr-unreachable', 4: 'port-unreachable', 5: 'policy-fail', 6: 'reject-route' };

/** Where the pieces of a frame lie; `l4` -1: a later fragment, or cut short. */
export interface Dissected {
  readonly etherType: number;
  readonly vlan: number | null;
  readonly network: number;
  readonly family: 4 | 6 | null;
  readonly proto: number;
  readonly l4: number;
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
}

const NONE = new Uint8Array(0);

/** Finds the headers of a frame (`ethernet`) or an IP packet. */
export function dissect(b: Uint8Array, ethernet: boolean): Dissected {
  let network = 0,
    etherType: number = b.length ? (b[0] >> 4 === 6 ? ETH.IPV6 : ETH.IP) : 0,
    vlan: number | null = null;
  if (ethernet) {
    etherType = b.length >= 14 ? u16(b, 12) : 0;
    network = 14;
    while ((etherType === ETH.VLAN || etherType === ETH.QINQ) && b.length >= network + 4) {
      vlan = u16(b, network) & 0xfff;
      etherType = u16(b, network + 2);
      network += 4;
    }
  }
  const base = { etherType, vlan, network };
  if (etherType === ETH.IP && b.length >= network + 20) {
    const l4 = network + ip4HeaderLen(b, network);
    const later = (u16(b, network + 6) & IP_OFFSET) !== 0;
    return {
      ...base,
      family: 4,
      proto: b[network + 9],
      l4: later || l4 > b.length ? -1 : l4,
      src: b.subarray(network + 12, network + 16),
      dst: b.subarray(network + 16, network + 20),
    };
  }
  if (etherType === ETH.IPV6 && b.length >= network + 40) {
    const end = skipExtensions(b, network + 40, b[network + 6]);
    const src = b.subarray(network + 8, network + 24),
      dst = b.subarray(network + 24, network + 40);
    return { ...base, family: 6, proto: end?.next ?? b[network + 6], l4: !end || end.fragOff & ~7 ? -1 : end.offset, src, dst };
  }
  return { ...base, family: null, proto: 0, l4: -1, src: NONE, dst: NONE };
}

const mac = (b: Uint8Array): string => [...b].map((x) => x.toString(16).padStart(2, '0')).join(':');

/** One line about a frame or packet: protocol, who to whom, what matters of the rest. */
export function describePacket(b: Uint8Array, ethernet: boolean): string {
  const d = dissect(b, ethernet);
  const tag = d.vlan === null ? '' : `vlan ${d.vlan} `;
  if (d.etherType === ETH.ARP) return tag + arpText(b, d.network);
  if (d.family === null) return `${tag}ethertype 0x${d.etherType.toString(16).padStart(4, '0')}, ${b.length} bytes`;
  const name = NAMES[d.proto] ?? `protocol ${d.proto}`;
  const address = (a: Uint8Array, port: number | null): string => (port === null ? ntop(a) : a.length === 4 ? `${ntop(a)}:${port}` : `[${ntop(a)}]:${port}`);
  const ports = d.l4 >= 0 && b.length >= d.l4 + 4 && [IPPROTO.TCP, IPPROTO.UDP, IPPROTO.UDPLITE, IPPROTO.SCTP, IPPROTO.DCCP].some((p) => p === d.proto);
  const who = `${address(d.src, ports ? u16(b, d.l4) : null)} > ${address(d.dst, ports ? u16(b, d.l4 + 2) : null)}`;
  return `${tag}${name} ${who}${fragmentText(b, d)}${transportText(b, d)}`;
}

function fragmentText(b: Uint8Array, d: Dissected): string {
  if (d.family === 4) {
    const frag = u16(b, d.network + 6);
    return frag & (IP_OFFSET | IP_MF) ? ` fragment ${(frag & IP_OFFSET) * 8}${frag & IP_MF ? '+' : ''}` : '';
  }
  const end = skipExtensions(b, d.network + 40, b[d.network + 6]);
  return end?.hasFrag ? ` fragment ${end.fragOff & ~7}${end.fragOff & 1 ? '+' : ''}` : '';
}

function transportText(b: Uint8Array, d: Dissected): string {
  const at = d.l4;
  if (at < 0) return `, ${b.length - d.network} bytes`;
  const end = d.family === 4 ? d.network + u16(b, d.network + 2) : d.network + 40 + u16(b, d.network + 4);
  const data = (from: number): string => (end > from ? `, ${end - from} bytes of data` : '');
  switch (d.proto) {
    case IPPROTO.TCP: {
      if (b.length < at + 20) return '';
      const flags = FLAGS.filter((_, i) => b[at + 13] & (1 << i)).join(',');
      return ` ${flags || 'no flags'} seq ${u32(b, at + 4)}${b[at + 13] & 16 ? ` ack ${u32(b, at + 8)}` : ''}${data(at + (b[at + 12] >> 4) * 4)}`;
    }
    case IPPROTO.UDP:
    case IPPROTO.UDPLITE:
      return data(at + 8);
    case IPPROTO.ICMP:
      return b.length < at + 8 ? '' : ` ${ICMP[b[at]] ?? `type ${b[at]}`}${icmpText(b, at, b[at] === 3 ? UNREACHABLE : {}, b[at] === 0 || b[at] === 8)}`;
    case IPPROTO.ICMPV6:
      return b.length < at + 8 ? '' : ` ${ICMPV6[b[at]] ?? `type ${b[at]}`}${icmpText(b, at, b[at] === 1 ? UNREACHABLE6 : {}, b[at] === 128 || b[at] === 129)}`;
    default:
      return data(at);
  }
}

function icmpText(b: Uint8Array, at: number, codes: Readonly<Record<number, string>>, echo: boolean): string {
  if (echo) return ` id ${u16(b, at + 4)} seq ${u16(b, at + 6)}`;
  const code = codes[b[at + 1]] ?? (b[at + 1] ? `code ${b[at + 1]}` : '');
  return code && ` ${code}`;
}

function arpText(b: Uint8Array, at: number): string {
  if (b.length < at + 28) return 'arp';
  const [from, to] = [ntop(b.subarray(at + 14, at + 18)), ntop(b.subarray(at + 24, at + 28))];
  return u16(b, at + 6) === 1 ? `arp who has ${to}, asks ${from}` : `arp ${from} is at ${mac(b.subarray(at + 8, at + 14))}`;
}
