import { NFPROTO } from '../../kernel/net/hook.ts';
import { ntop } from '../../kernel/xt/address.ts';
import { u16, u32 } from '../../kernel/net/wire/bytes.ts';
import { IPPROTO, IP_OFFSET } from '../../kernel/net/wire/ip.ts';
import type { TracedPacket } from '../../kernel/trace/nftrace.ts';

const ARPHRD_ETHER = 1,
  ARPHRD_LOOPBACK = 772;
const ETH_HLEN = 14,
  TCP_HLEN = 20,
  /** What the real tool adds to the length of an IPv6 payload, too. */
  IP4_HLEN = 20;
const PORTS = new Set<number>([IPPROTO.TCP, IPPROTO.UDP, IPPROTO.UDPLITE, IPPROTO.SCTP, IPPROTO.DCCP]);
const FLAGS: readonly (readonly [string, number])[] = [
  ['SYN', 2],
  ['ACK', 16],
  ['FIN', 1],
  ['RST', 4],
  ['PSH', 8],
  ['URG', 32],
];

/** Bytes as the real tool prints them: as signed char, so those from 0x80 on come out as eight digits. */
const signedHex = (b: Uint8Array): string => Array.from(b, (x) => (x < 0x80 ? x.toString(16).padStart(2, '0') : `ffffff${x.toString(16)}`)).join('');
const mac = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16)).join(':');

function linkText(p: TracedPacket, b: Uint8Array): string {
  const type = p.iif?.arphrd ?? 0;
  if (type === ARPHRD_LOOPBACK) return 'LOOPBACK ';
  if (type === ARPHRD_ETHER)
    return b.length < ETH_HLEN ? '' : `MACSRC=${mac(b.subarray(6, 12))} MACDST=${mac(b.subarray(0, 6))} MACPROTO=${u16(b, 12).toString(16).padStart(4, '0')} `;
  return b.length ? `LL=0x${type.toString(16)} ${signedHex(b)} ` : '';
}

function portsText(proto: number, b: Uint8Array | null): string {
  if (!b || !PORTS.has(proto) || b.length < (proto === IPPROTO.TCP ? TCP_HLEN : 4)) return '';
  const ports = `SPORT=${u16(b, 0)} DPORT=${u16(b, 2)} `;
  return proto === IPPROTO.TCP ? ports + FLAGS.map(([f, bit]) => (b[13] & bit ? `${f} ` : '')).join('') : ports;
}

function ip4Text(b: Uint8Array, transport: Uint8Array | null): string {
  if (b.length < 20) return '';
  const frag = u16(b, 6),
    end = (b[0] & 15) * 4;
  let text = `SRC=${ntop(b.subarray(12, 16))} DST=${ntop(b.subarray(16, 20))} LEN=${u16(b, 2)} TOS=0x${b[1].toString(16)} TTL=${b[8]} ID=${u16(b, 4)} `;
  if (frag & 0x8000) text += 'CE ';
  if (frag & 0x4000) text += 'DF ';
  if (frag & 0x2000) text += 'MF ';
  if (frag & IP_OFFSET) text += `FRAG:${frag & IP_OFFSET} `;
  if (end > 20) text += `OPT (${signedHex(b.subarray(20, end)).toUpperCase()}) `;
  return text + portsText(b[9], transport);
}

function ip6Text(b: Uint8Array, transport: Uint8Array | null): string {
  if (b.length < 40) return '';
  const word = u32(b, 0);
  return `SRC=${ntop(b.subarray(8, 24))} DST=${ntop(b.subarray(24, 40))} LEN=${u16(b, 4) + IP4_HLEN} TC=${(word >>> 20) & 0xff} HOPLIMIT=${b[7]} FLOWLBL=${word & 0xfffff} ${portsText(b[6], transport)}`;
}

/** trace_print_packet of iptables/xtables-monitor.c: what stands behind family and id. */
export function packetText(p: TracedPacket, family: number, mark: number): string {
  let text = `${p.iif ? `IN=${p.iif.name} ` : ''}${p.oif ? `OUT=${p.oif.name} ` : ''}`;
  if (family === NFPROTO.inet) text += `NFPROTO=${p.nfproto} `;
  if (p.link) text += linkText(p, p.link);
  const l3 = family === NFPROTO.inet ? p.nfproto : family;
  if (p.network?.length) text += l3 === NFPROTO.ip ? ip4Text(p.network, p.transport) : l3 === NFPROTO.ip6 ? ip6Text(p.network, p.transport) : `NH=${signedHex(p.network)} `;
  return text + (mark ? `MARK=0x${mark.toString(16)} ` : '');
}
