import { dirOf } from '../conntrack/protocol.ts';
import { tupleOf } from '../conntrack/l4.ts';
import { IPS } from '../conntrack/entry.ts';
import { CTINFO, type Skb, type SocketInfo } from '../net/skb.ts';
import { sameBytes, u16 } from '../net/wire/bytes.ts';
import { findL4 } from '../conntrack/l4.ts';
import { IPPROTO, ip4Dst, ip4Src, ip6Dst, ip6Src } from '../net/wire/ip.ts';
import type { HookState } from '../net/hook-state.ts';
import type { HostConnection, Listening } from './sockets.ts';
import type { Stack } from './stack.ts';

/** Whose packet is this: what rules and the path ask of the host's sockets (net/ipv4/netfilter/nf_socket_ipv4.c, nf_tproxy_ipv4.c). */

/** Ends of a flow as a packet for the host names them. */
interface Flow {
  readonly proto: number;
  readonly src: Uint8Array;
  readonly sport: number;
  readonly dst: Uint8Array;
  readonly dport: number;
  /** An ICMP error says of it. */
  readonly quoted: boolean;
}

const ofConnection = (c: HostConnection): SocketInfo => ({ ...blank(c.uid), transparent: c.transparent, mark: c.mark, request: c.end.state === 'syn-received', socket: c });
const ofListener = (l: Listening): SocketInfo => ({ ...blank(l.uid), transparent: l.transparent ?? false, mark: l.mark ?? 0, wildcard: l.address === null, socket: l });
const blank = (uid: number): SocketInfo => ({ uid, gid: uid, transparent: false, wildcard: false, mark: 0, cgroupClassid: 0, cgroupPath: '' });

function established(s: Stack, f: Flow): SocketInfo | null {
  if (f.proto !== IPPROTO.TCP) return null;
  const c = s.sockets.connection(f.dst, f.dport, f.src, f.sport);
  return c ? ofConnection(c) : null;
}

function listening(s: Stack, f: Flow): SocketInfo | null {
  if (f.proto !== IPPROTO.TCP && f.proto !== IPPROTO.UDP) return null;
  const l = s.sockets.listener(f.proto === IPPROTO.TCP ? 'tcp' : 'udp', f.dport, f.dst);
  return l ? ofListener(l) : null;
}

const addresses = (skb: Skb): { readonly src: Uint8Array; readonly dst: Uint8Array } => {
  const b = skb.data,
    o = skb.network;
  return b[o] >> 4 === 4 ? { src: ip4Src(b, o), dst: ip4Dst(b, o) } : { src: ip6Src(b, o), dst: ip6Dst(b, o) };
};

/** The flow of a packet with ports, its transport header being there; null: it has none. */
function flowOf(skb: Skb): Flow | null {
  const b = skb.data,
    o = skb.network;
  const l4 = findL4(b, o, b[o] >> 4 === 4 ? 4 : 6);
  if (!l4 || b.length < l4.at + 8) return null;
  if (l4.protonum !== IPPROTO.TCP && l4.protonum !== IPPROTO.UDP) return errorFlow(skb, l4.at, l4.protonum);
  return { proto: l4.protonum, ...addresses(skb), sport: u16(b, l4.at), dport: u16(b, l4.at + 2), quoted: false };
}

/** extract_icmp4_fields, extract_icmp6_fields: an error is about the flow that it quotes, seen from the other end. */
function errorFlow(skb: Skb, at: number, proto: number): Flow | null {
  const b = skb.data,
    inner = at + 8;
  const v4 = proto === IPPROTO.ICMP;
  if (!(v4 ? [3, 4, 5, 11, 12].includes(b[at]) : proto === IPPROTO.ICMPV6 && b[at] < 128)) return null;
  if (b.length < inner + (v4 ? 20 : 40)) return null;
  const l4 = findL4(b, inner, v4 ? 4 : 6);
  if (!l4 || b.length < l4.at + 4 || (l4.protonum !== IPPROTO.TCP && l4.protonum !== IPPROTO.UDP)) return null;
  const t = tupleOf(b, inner, v4 ? 4 : 6, l4.at, l4.protonum, () => 0);
  return t && { proto: t.protonum, src: t.dst, sport: t.dport, dst: t.src, dport: t.sport, quoted: true };
}

/** nf_sk_lookup_slow_v4, nf_sk_lookup_slow_v6: an answer through source NAT is looked up by the address that was hidden. */
export function lookupSocket(s: Stack, skb: Skb): SocketInfo | null {
  // What the host sends has its socket or none.
  if (!s.sockets.any || skb.skbIif === 0) return null;
  const f = flowOf(skb);
  if (!f) return null;
  const { ct } = skb,
    error = f.quoted;
  const answers = skb.ctinfo === (error ? CTINFO.relatedReply : CTINFO.establishedReply);
  const hidden = ct && f.src.length === 4 && answers && ct.status & IPS.SRC_NAT_DONE && dirOf(skb.ctinfo) === 1;
  const asked = hidden ? { ...f, dst: ct.original.src, dport: ct.original.sport } : f;
  return established(s, asked) ?? listening(s, asked);
}

/**
 * tproxy_tg4, nft_tproxy_eval_v4 and their IPv6 twins: the connection that the packet is of, else who listens at the address
 * and port given, in whose place its device's own address and the packet's port stand. Only transparent sockets take it.
 */
export function assignTransparent(s: Stack, skb: Skb, state: HookState, address: Uint8Array | null, port: number | null): boolean {
  if (!s.sockets.any) return false;
  const f = flowOf(skb);
  if (!f) return false;
  const own = state.pf === 'ip' ? skb.dev?.addrs4[0]?.local : skb.dev?.addrs6.find((a) => a.addr[0] !== 0xfe)?.addr;
  const found = established(s, f) ?? listening(s, { ...f, dst: address ?? own ?? f.dst, dport: port ?? f.dport });
  if (!found?.transparent) return false;
  skb.sk = found;
  return true;
}

const TCP_HEADER = 20;

/**
 * tcp_v4_early_demux: a packet of a known connection has its socket before INPUT. Where the first of the fragments that a
 * segment came in does not hold the header, it does now, and they are no longer what came (pskb_may_pull).
 */
export function earlyDemux(s: Stack, skb: Skb): void {
  if (skb.sk || skb.fragOffset !== 0) return;
  if (!s.conf.v4('ip_early_demux') || !s.conf.v4('tcp_early_demux')) return;
  if (skb.fragSizes && skb.l4proto === IPPROTO.TCP && skb.fragSizes[0] < TCP_HEADER) skb.fragSizes = null;
  if (!s.sockets.connected) return;
  const f = flowOf(skb);
  if (f) skb.sk = established(s, f);
}

/** The socket that a rule has assigned, if a packet for the host came with one (skb_steal_sock). */
export const assignedSocket = (skb: Skb): object | null => skb.sk?.socket ?? null;

export const sameFlow = (c: HostConnection, local: Uint8Array, lport: number, remote: Uint8Array, rport: number): boolean =>
  c.end.lport === lport && c.end.rport === rport && sameBytes(c.local, local) && sameBytes(c.remote, remote);
