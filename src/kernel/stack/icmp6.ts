import { KERNEL_SOCKET, PACKET, Skb } from '../net/skb.ts';
import { checksum, pseudo, put16, put32, u16, u32 } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, ip6Dst, ip6Src, ip6Tclass, isLinkLocal6, isMulticast6, isZero, putIp6, skipExtensions } from '../net/wire/ip.ts';
import { deliveredSumRight } from '../net/transport-sum.ts';
import type { Dst } from './fib.ts';
import { attachConnection, type Peer, peerAllow } from './icmp4.ts';
import { tellMade } from '../trace/tell.ts';
import type { Stack } from './stack.ts';

const ECHO_REQUEST = 128,
  ECHO_REPLY = 129;

/** Options of IPv6 (IPV6_TLV_*). */
const PAD1 = 0,
  PADN = 1,
  ROUTER_ALERT = 5,
  CALIPSO = 7,
  IOAM = 0x31,
  JUMBO = 0xc2;
const MAX_PADDING = 7;

/** net/ipv6/icmp.c */
export class Icmp6 {
  readonly #s: Stack;
  /** Tokens by peer (inetpeer): errors and redirects draw from the same. */
  readonly #buckets = new Map<string, Peer>();
  /** icmpv6_xmit_lock: the socket is in use, so what its packet meets on the way out gets no answer. */
  #sending = false;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  /** icmp6_send. `info`: MTU or pointer. */
  send(orig: Skb, type: number, code: number, info: number): void {
    const s = this.#s,
      b = orig.data,
      o = orig.network;
    if (this.#sending || b.length < o + 40) return;
    const from = ip6Src(b, o),
      to = ip6Dst(b, o);
    // opt_unrec: of what went to more than us, only an option that asks for it is complained about.
    const toMany = isMulticast6(to) || orig.pktType !== PACKET.host;
    if (toMany && type !== 2 && !(type === 4 && code === 2 && (b[o + info] & 0xc0) === 0x80)) return;
    if (isZero(from) || isMulticast6(from)) return;
    const end = skipExtensions(b, o + 40, b[o + 6]);
    // Never about an error (is_ineligible).
    if (end && end.next === IPPROTO.ICMPV6 && end.fragOff < 8 && (end.offset >= b.length || b[end.offset] < 128)) return;
    const came = s.device(orig.skbIif);
    // icmpv6_route_lookup: not our own destination, then an address of the device it came in by.
    const saddr = !toMany && (s.ip6.isLocal(to, orig.dev) || s.ip6.isAnycast(to)) ? to : came && came !== s.lo ? s.ip6.selectAddr(came, from) : null;
    const mark = s.conf.v6('fwmark_reflect') ? orig.mark : 0;
    // icmp6_dev: of what stays in the host, the device that its route belongs to.
    const oif = isLinkLocal6(from) ? ((came === s.lo ? (s.device(orig.dst?.route?.dev ?? 0) ?? orig.dst?.dev) : came)?.index ?? 0) : 0;
    const route = s.ip6.outputRoute(from, saddr, { mark, oif });
    // ipv6_anycast_destination: an address of many is nobody to tell.
    if ('error' in route || (route.dst.type === 'anycast' && !s.conf.v6('icmp.error_anycast_as_unicast')) || !this.#allowed(type, route.dst, from)) return;
    const quoted = b.subarray(o, Math.min(b.length, o + 1280 - 48));
    this.#push(route.dst, route.saddr, from, 0, type, code, info, quoted, mark, orig);
  }

  #push(dst: Dst, saddr: Uint8Array, daddr: Uint8Array, tclass: number, type: number, code: number, info: number, payload: Uint8Array, mark: number, about: Skb): void {
    const out = new Uint8Array(48 + payload.length);
    putIp6(out, 0, { tclass, flow: this.#s.ip6.flowLabel(), len: out.length - 40, next: IPPROTO.ICMPV6, hops: this.#s.ip6.hopLimit(dst), src: saddr, dst: daddr });
    out[40] = type;
    out[41] = code;
    put32(out, 44, info >>> 0);
    out.set(payload, 48);
    put16(out, 42, checksum(out, 40, out.length, pseudo(saddr, daddr, IPPROTO.ICMPV6, out.length - 40)));
    const skb = new Skb(out);
    skb.protocol = ETH.IPV6;
    skb.transport = 40;
    skb.l4proto = IPPROTO.ICMPV6;
    skb.mark = mark;
    skb.sk = KERNEL_SOCKET;
    skb.dst = dst;
    if (type < 128) attachConnection(skb, about);
    tellMade(this.#s.net, skb, about, 'icmp');
    this.#sending = true;
    this.#s.ip6.localOut(skb);
    this.#sending = false;
  }

  /** icmpv6_xrlim_allow; the default mask spares informational messages and packet-too-big. */
  #allowed(type: number, dst: Dst, daddr: Uint8Array): boolean {
    if (type >= 128 || type === 2 || dst.dev.type === 'loopback') return true;
    return this.peerAllows(daddr, this.#s.conf.v6('icmp.ratelimit'));
  }

  /** inet_peer_xrlim_allow; a timeout of 0 empties the bucket. */
  peerAllows(peer: Uint8Array, timeout: number): boolean {
    return peerAllow(this.#buckets, peer.join('.'), this.#s.net.clock.now(), timeout, this.#s.jiffy);
  }

  /** icmpv6_rcv */
  receive(skb: Skb): void {
    const b = skb.data,
      o = skb.network,
      at = skb.transport;
    const src = ip6Src(b, o),
      dst = ip6Dst(b, o);
    if (b.length < at + 4 || !deliveredSumRight(skb, at, IPPROTO.ICMPV6, b.length - at, false)) return;
    const type = b[at];
    if (type === ECHO_REQUEST) this.#echo(skb, src, dst);
    else if (type >= 133 && type <= 137) this.#s.ndisc.receive(skb);
    else this.#s.sockets.icmp(skb, src);
  }

  /** icmpv6_echo_reply */
  #echo(skb: Skb, src: Uint8Array, dst: Uint8Array): void {
    if (this.#sending) return;
    const s = this.#s;
    if (s.conf.v6('icmp.echo_ignore_all') || (isMulticast6(dst) && s.conf.v6('icmp.echo_ignore_multicast'))) return;
    const anycast = skb.dst?.type === 'anycast';
    if (anycast && s.conf.v6('icmp.echo_ignore_anycast')) return;
    const mark = s.conf.v6('fwmark_reflect') ? skb.mark : 0;
    const route = s.ip6.outputRoute(src, isMulticast6(dst) || anycast ? null : dst, { mark, oif: s.ip6.replyDevice(skb, src) || (isMulticast6(dst) ? (skb.dev?.index ?? 0) : 0) });
    if ('error' in route) return;
    const body = skb.data.slice(skb.transport + 8);
    const info = (skb.data[skb.transport + 4] << 24) | (skb.data[skb.transport + 5] << 16) | (skb.data[skb.transport + 6] << 8) | skb.data[skb.transport + 7];
    this.#push(route.dst, route.saddr, src, ip6Tclass(skb.data, skb.network), ECHO_REPLY, 0, info, body, mark, skb);
  }

  /**
   * ip6_parse_tlv: options of a hop-by-hop or destination header; false: dropped (perhaps with an error). Padding is at most
   * seven zeros in a row.
   */
  options(skb: Skb, from: number, end: number, hopByHop: boolean): boolean {
    const { conf } = this.#s;
    if (end - from + 2 > conf.v6(hopByHop ? 'max_hbh_length' : 'max_dst_opts_length')) return false;
    const limit = conf.v6(hopByHop ? 'max_hbh_opts_number' : 'max_dst_opts_number');
    const b = skb.data;
    let padding = 0,
      count = 0;
    for (let i = from; i < end; ) {
      const type = b[i];
      if (type === PAD1) {
        if (++padding > MAX_PADDING) return false;
        i++;
        continue;
      }
      const len = b[i + 1] + 2;
      if (i + 1 >= end || i + len > end) return false;
      if (type === PADN) {
        padding += len;
        if (padding > MAX_PADDING || b.subarray(i + 2, i + len).some((x) => x !== 0)) return false;
      } else {
        if (++count > Math.abs(limit) || !this.#option(skb, i, hopByHop, limit < 0)) return false;
        padding = 0;
      }
      i += len;
    }
    return true;
  }

  #option(skb: Skb, at: number, hopByHop: boolean, strict: boolean): boolean {
    const b = skb.data,
      o = skb.network,
      type = b[at];
    if (hopByHop && type === ROUTER_ALERT) return b[at + 1] === 2;
    if (hopByHop && type === JUMBO) return this.#jumbo(skb, at);
    // A label must hold its own checksum; nobody here labels.
    if (hopByHop && type === CALIPSO) return false;
    if (hopByHop && type === IOAM) return ((at - o) & 3) === 0;
    // ip6_tlvopt_unknown: the two high bits say what to do.
    const action = strict ? 1 : type >> 6;
    if (action >= 2 && !(action === 3 && isMulticast6(ip6Dst(b, o)))) this.send(skb, 4, 2, at - o);
    return action === 0;
  }

  /** ipv6_hop_jumbo: a payload of more than 65,535 bytes, which no device here carries. */
  #jumbo(skb: Skb, at: number): boolean {
    const b = skb.data,
      o = skb.network;
    if (b[at + 1] !== 4 || ((at - o) & 3) !== 2) return false;
    if (u32(b, at + 2) <= 0xffff) this.send(skb, 4, 0, at + 2 - o);
    else if (u16(b, o + 4) !== 0) this.send(skb, 4, 0, at - o);
    return false;
  }
}
