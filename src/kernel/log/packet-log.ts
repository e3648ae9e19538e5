import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { u16 } from '../net/wire/bytes.ts';
import { ETH } from '../net/wire/ip.ts';
import { hex, ip4Text, mac } from './format.ts';
import { ip4Line } from './ip4-line.ts';
import { ip6Line } from './ip6-line.ts';

/** NF_LOG_* */
export const LOG = { TCPSEQ: 1, TCPOPT: 2, IPOPT: 4, UID: 8, MACDECODE: 32 } as const;
/** NF_LOG_DEFAULT_MASK and the level of default_loginfo: what a caller without wishes gets. */
const DEFAULT = { level: 5, flags: 0x0f } as const;

export interface LogInfo {
  readonly prefix: string;
  readonly level: number;
  readonly flags: number;
}

/** Bytes of a link-layer header (dev->hard_header_len). */
const headerLength = (type: string): number => (type === 'tun' ? 0 : 14);

const vlan = (skb: Skb): string => (skb.vlanTci >= 0 ? `VPROTO=${hex(skb.vlanProto, 4)} VID=${skb.vlanTci & 0xfff} ` : '');

function macDecoded(skb: Skb): string {
  const b = skb.data,
    o = skb.mac;
  return `MACSRC=${mac(b, o + 6)} MACDST=${mac(b, o)} ${vlan(skb)}MACPROTO=${hex(u16(b, o + 12), 4)} `;
}

/** dump_mac_header */
function macHeader(skb: Skb, flags: number): string {
  const dev = skb.dev;
  if (flags & LOG.MACDECODE && dev?.arphrd === 1 && skb.mac >= 0) return macDecoded(skb);
  const length = dev ? headerLength(dev.type) : 0;
  const shown = length > 0 && skb.mac >= 0 && skb.mac !== skb.network;
  return `MAC=${shown ? Array.from(skb.data.subarray(skb.mac, skb.mac + length), (x) => hex(x, 2)).join(':') : ''} `;
}

/** dump_arp_packet */
function arpLine(skb: Skb, flags: number): string {
  const b = skb.data,
    o = skb.network;
  const link = flags & LOG.MACDECODE && skb.mac >= 0 ? macDecoded(skb) : '';
  if (b.length < o + 8) return `${link}TRUNCATED`;
  const head = `${link}ARP HTYPE=${u16(b, o)} PTYPE=0x${hex(u16(b, o + 2), 4)} OPCODE=${u16(b, o + 6)}`;
  if (u16(b, o) !== 1 || b[o + 4] !== 6 || b[o + 5] !== 4) return head;
  if (b.length < o + 28) return `${head} INCOMPLETE [${b.length - skb.head - 8} bytes]`;
  return `${head} MACSRC=${mac(b, o + 8)} IPSRC=${ip4Text(b, o + 14)} MACDST=${mac(b, o + 18)} IPDST=${ip4Text(b, o + 24)}`;
}

/** nf_log_dump_packet_common, then what the protocol shows (net/netfilter/nf_log_syslog.c). */
export function packetLine(skb: Skb, state: HookState, info: LogInfo): string {
  const physIn = skb.bridge?.physIn,
    physOut = skb.bridge?.physOut;
  const phys = `${physIn && physIn !== state.in ? `PHYSIN=${physIn.name} ` : ''}${physOut && physOut !== state.out ? `PHYSOUT=${physOut.name} ` : ''}`;
  const head = `${info.prefix}IN=${state.in?.name ?? ''} OUT=${state.out?.name ?? ''} ${phys}`;
  const link = (): string => (state.in ? macHeader(skb, info.flags) : '');
  const l2 = state.pf === 'bridge' || state.pf === 'netdev';
  const proto = state.pf === 'ip' ? ETH.IP : state.pf === 'ip6' ? ETH.IPV6 : state.pf === 'arp' ? ETH.ARP : skb.protocol;
  switch (proto) {
    case ETH.IP:
      return head + link() + ip4Line(skb, skb.network, info.flags);
    case ETH.IPV6:
      return head + link() + ip6Line(skb, skb.network, info.flags, true);
    case ETH.ARP:
      return head + arpLine(skb, info.flags);
    case 0x8035:
      if (l2) return head + arpLine(skb, info.flags);
      break;
  }
  return head + macHeader(skb, info.flags);
}

/** nf_log_packet with the syslog logger. */
export function logPacket(skb: Skb, state: HookState, info: LogInfo): void {
  const { log } = state.net;
  if (!log.silent) log.print(info.level & 7, packetLine(skb, state, info));
}

export const logByDefault = (skb: Skb, state: HookState, prefix: string): void => {
  logPacket(skb, state, { prefix, ...DEFAULT });
};
