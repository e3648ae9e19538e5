import { CTINFO, PACKET, type Skb } from '../../kernel/net/skb.ts';
import type { HookState } from '../../kernel/net/hook-state.ts';
import { u16 } from '../../kernel/net/wire/bytes.ts';
import { IPPROTO, ip4HeaderLen } from '../../kernel/net/wire/ip.ts';
import { endpointsOf } from '../../kernel/trace/endpoints.ts';
import { ntop } from '../../kernel/xt/address.ts';

/** What a packet has of that which an extension tests, in the extension's own terms; '' where nothing can be said. */
type Actual = (skb: Skb, state: HookState) => string;

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
const PKTTYPES: Readonly<Record<number, string>> = { [PACKET.host]: 'unicast', [PACKET.broadcast]: 'broadcast', [PACKET.multicast]: 'multicast' };

const ctState: Actual = ({ ct, ctinfo }) =>
  !ct
    ? ctinfo === CTINFO.untracked
      ? 'UNTRACKED'
      : 'INVALID'
    : ctinfo === CTINFO.new
      ? 'NEW'
      : ctinfo === CTINFO.related || ctinfo === CTINFO.relatedReply
        ? 'RELATED'
        : 'ESTABLISHED';
const hex = (n: number): string => `0x${n.toString(16)}`;
const tos = (skb: Skb): number => (skb.data[skb.network] >> 4 === 4 ? skb.data[skb.network + 1] : (u16(skb.data, skb.network) >> 4) & 0xff);
const ttl: Actual = ({ data, network }) => String(data[network] >> 4 === 4 ? data[network + 8] : data[network + 7]);
const transportAt = ({ data, network, transport }: Skb): number => (data[network] >> 4 === 4 ? network + ip4HeaderLen(data, network) : transport);

const ports: Actual = (skb) => {
  const { sport, dport } = endpointsOf(skb);
  return sport === null ? 'no ports' : `--sport ${sport} --dport ${dport}`;
};
const addresses: Actual = (skb) => {
  const { src, dst } = endpointsOf(skb);
  return `-s ${ntop(src)} -d ${ntop(dst)}`;
};
const tcp: Actual = (skb, state) => {
  const at = transportAt(skb);
  const flags = skb.l4proto === IPPROTO.TCP && at >= 0 && skb.data.length >= at + 14 ? FLAGS.filter((_, i) => skb.data[at + 13] & (1 << i)).join(',') || 'NONE' : '';
  return `${ports(skb, state)}${flags && ` flags ${flags}`}`;
};
const icmp: Actual = (skb) => {
  const at = transportAt(skb);
  return at >= 0 && skb.data.length >= at + 2 ? `${skb.data[at]}/${skb.data[at + 1]}` : '';
};
const addrtype: Actual = (skb, { net, pf }) => {
  if (pf !== 'ip') return '';
  const { src, dst } = endpointsOf(skb);
  return `--src-type ${net.stack.fib.addrType4(src).toUpperCase()} --dst-type ${net.stack.fib.addrType4(dst).toUpperCase()}`;
};

/** By the name of the match. */
const ACTUAL: Readonly<Record<string, Actual>> = {
  conntrack: ctState,
  state: ctState,
  mark: (skb) => hex(skb.mark),
  connmark: ({ ct }) => (ct ? hex(ct.mark) : 'no connection'),
  helper: ({ ct }) => ct?.master?.helper ?? 'none',
  multiport: ports,
  udp: ports,
  sctp: ports,
  tcp,
  icmp,
  icmp6: icmp,
  iprange: addresses,
  set: (skb, state) => `${addresses(skb, state)} ${ports(skb, state)}`,
  recent: addresses,
  length: ({ data, network }) => String(data.length - network),
  ttl,
  hl: ttl,
  dscp: (skb) => hex(tos(skb) >> 2),
  tos: (skb) => hex(tos(skb)),
  mac: ({ data, mac }) => (mac < 0 ? 'none' : Array.from(data.subarray(mac + 6, mac + 12), (x) => x.toString(16).padStart(2, '0')).join(':')),
  pkttype: ({ pktType }) => PKTTYPES[pktType] ?? String(pktType),
  addrtype,
  physdev: ({ bridge }) => `--physdev-in ${bridge?.physIn.name ?? 'none'} --physdev-out ${bridge?.physOut?.name ?? 'none'}`,
  owner: ({ sk }) => (sk ? `--uid-owner ${sk.uid} --gid-owner ${sk.gid}` : 'no socket'),
  limit: () => 'over the limit',
  hashlimit: () => 'over the limit',
  quota: () => 'used up',
};

export const xtActual = (name: string, skb: Skb, state: HookState): string | null => ACTUAL[name]?.(skb, state) || null;
