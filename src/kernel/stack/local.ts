import { CTINFO, KERNEL_SOCKET, PACKET, Skb } from '../net/skb.ts';
import { checksum, pseudo, put16, put32, u16, u32 } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, IP_DF, ip4Dst, ip4HeaderLen, ip4Src, ip6Dst, ip6Src, ip6Tclass, isExtensionHeader, putIp4, putIp6 } from '../net/wire/ip.ts';
import { tellMade } from '../trace/tell.ts';
import { deliveredSumRight, leaveSum } from '../net/transport-sum.ts';
import type { DropReason } from '../trace/event.ts';
import type { Stack } from './stack.ts';

const RST = 4,
  SYN = 2,
  FIN = 1,
  ACK = 16;

/** IPV6_SRCRT_TYPE_* */
const RPL_SEGMENTS = 3,
  SEGMENTS = 4;

/** A host on which nothing listens: what TCP, UDP and the rest answer to packets for it. */
export class LocalHost {
  readonly #s: Stack;
  /** Takes what is delivered without an answer of its own: somebody else gives the host's answers (a capture of a real one). */
  silent = false;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  /** ip_local_deliver_finish */
  deliver4(skb: Skb): void {
    const b = skb.data,
      o = skb.network,
      proto = b[o + 9];
    skb.transport = o + ip4HeaderLen(b, o);
    // Errors still reach whom they are about (ECHO, timestamps and address masks are questions).
    if (this.silent && (proto !== IPPROTO.ICMP || [8, 13, 17].includes(b[skb.transport]))) return;
    switch (proto) {
      case IPPROTO.ICMP:
        this.#s.icmp4.receive(skb);
        return;
      case IPPROTO.IGMP:
        return;
      case IPPROTO.TCP:
        this.#tcp(skb, 4);
        return;
      case IPPROTO.UDP:
      case IPPROTO.UDPLITE:
        if (this.#udp(skb, proto, ip4Src(b, o), ip4Dst(b, o)) && !skb.dst?.broadcast && !skb.dst?.multicast) this.#s.icmp4.send(skb, 3, 3, 0);
        return;
      default:
        this.#unwanted(skb, 'IP_NOPROTO');
        this.#s.icmp4.send(skb, 3, 2, 0);
    }
  }

  /** ip6_protocol_deliver_rcu: one extension header after the other. */
  deliver6(skb: Skb): void {
    const b = skb.data,
      o = skb.network;
    let at = o + 40,
      nextAt = o + 6;
    // Options for every hop were read when it came.
    if (b[nextAt] === IPPROTO.HOPOPTS) {
      nextAt = at;
      at += (b[at + 1] + 1) << 3;
    }
    let next = b[nextAt];
    // nf_ct_frag6_reasm leaves skb->transport_header behind the fragment header and IP6CB(skb)->nhoff where it was.
    if (skb.fragEnd) at = o + skb.fragEnd;
    for (;;) {
      if (isExtensionHeader(next) && next !== IPPROTO.HOPOPTS) {
        if (next === IPPROTO.NONE) return;
        if (at + 8 > b.length) return;
        if (next === IPPROTO.AH) {
          this.#s.icmp6.send(skb, 4, 1, nextAt - o);
          return;
        }
        if (next === IPPROTO.FRAGMENT) {
          if (u16(b, at + 2) & 0xfff9) {
            if (this.#s.fragments.defrag6(skb, 'local', at, nextAt) === 'whole') this.deliver6(skb);
            return;
          }
          nextAt = at;
          next = b[at];
          at += 8;
          continue;
        }
        const len = (b[at + 1] + 1) << 3;
        if (at + len > b.length) return;
        // seg6_enabled and rpl_seg_enabled are off.
        if (next === IPPROTO.ROUTING && (b[at + 2] === SEGMENTS || b[at + 2] === RPL_SEGMENTS)) return;
        if (next === IPPROTO.ROUTING && b[at + 3] !== 0) {
          this.#s.icmp6.send(skb, 4, 0, at + 2 - o);
          return;
        }
        if (next === IPPROTO.DSTOPTS && !this.#s.icmp6.options(skb, at + 2, at + len, false)) return;
        nextAt = at;
        next = b[at];
        at += len;
        continue;
      }
      break;
    }
    skb.transport = at;
    if (this.silent && (next !== IPPROTO.ICMPV6 || b[at] === 128)) return;
    switch (next) {
      case IPPROTO.ICMPV6:
        this.#s.icmp6.receive(skb);
        return;
      case IPPROTO.TCP:
        this.#tcp(skb, 6);
        return;
      case IPPROTO.UDP:
      case IPPROTO.UDPLITE:
        if (this.#udp(skb, next, ip6Src(b, o), ip6Dst(b, o)) && b[o + 24] !== 0xff) this.#s.icmp6.send(skb, 1, 4, 0);
        return;
      default:
        this.#unwanted(skb, 'IP_NOPROTO');
        this.#s.icmp6.send(skb, 4, 1, nextAt - o);
    }
  }

  #unwanted(skb: Skb, reason: DropReason): void {
    this.#s.net.tracer?.event({ kind: 'unwanted', skb, reason });
  }

  /** Is it a datagram that a socket would have taken? (__udp4_lib_rcv) */
  #udp(skb: Skb, proto: number, src: Uint8Array, dst: Uint8Array): boolean {
    const b = skb.data,
      at = skb.transport;
    // nf_reset_ct: the error about it is not attached to its connection.
    skb.ct = null;
    skb.ctinfo = CTINFO.new;
    const len = u16(b, at + 4),
      have = b.length - at,
      lite = proto === IPPROTO.UDPLITE,
      covered = lite && len === 0 ? have : len;
    const whole = have >= 8 && covered >= 8 && covered <= have;
    const none = u16(b, at + 6) === 0;
    const right =
      whole &&
      (none
        ? !lite && src.length === 4
        : lite && covered < have
          ? checksum(b, at, at + covered, pseudo(src, dst, proto, have)) === 0
          : deliveredSumRight(skb, at, proto, covered, true));
    if (right && this.#s.sockets.any && this.#s.sockets.udp(skb, src, dst)) return false;
    this.#unwanted(skb, right ? 'NO_SOCKET' : whole ? 'UDP_CSUM' : 'PKT_TOO_SMALL');
    return right;
  }

  /** tcp_v4_rcv without a socket: tcp_v4_send_reset. */
  #tcp(skb: Skb, family: 4 | 6): void {
    const b = skb.data,
      o = skb.network,
      at = skb.transport,
      len = b.length - at;
    if (len < 20 || (b[at + 12] >> 4) * 4 < 20 || len < (b[at + 12] >> 4) * 4) {
      this.#unwanted(skb, 'PKT_TOO_SMALL');
      return;
    }
    const src = family === 4 ? ip4Src(b, o) : ip6Src(b, o),
      dst = family === 4 ? ip4Dst(b, o) : ip6Dst(b, o);
    if (!deliveredSumRight(skb, at, IPPROTO.TCP, len, false)) {
      this.#unwanted(skb, 'TCP_CSUM');
      return;
    }
    if (this.#s.sockets.any && this.#s.sockets.tcp(skb, src, dst)) return;
    this.#unwanted(skb, 'NO_SOCKET');
    const flags = b[at + 13];
    if (flags & RST || skb.pktType !== PACKET.host || skb.dst?.type !== 'local') return;
    const tcp = resetHeader(b, at, len);
    if (family === 4) this.#answer4(skb, tcp, src, dst);
    else this.#answer6(skb, tcp, src, dst);
  }

  /** ip_send_unicast_reply */
  #answer4(orig: Skb, tcp: Uint8Array, to: Uint8Array, from: Uint8Array): void {
    const s = this.#s,
      tos = orig.data[orig.network + 1];
    const mark = s.conf.v4('fwmark_reflect') ? orig.mark : 0;
    const echo = s.ip4.options.echo(orig);
    if (!echo) return;
    const daddr = echo.via ?? to;
    const route = s.ip4.outputRoute(daddr, from, { mark, oif: 0, tos });
    if ('error' in route) return;
    echo.settle(from);
    const at = 20 + echo.bytes.length;
    const out = new Uint8Array(at + 20);
    putIp4(out, 0, { tos: tos & 0xfc, len: out.length, id: 0, frag: IP_DF, ttl: s.icmp4.hopLimit(route.dst), proto: IPPROTO.TCP, src: from, dst: daddr, options: echo.bytes });
    put16(tcp, 16, checksum(tcp, 0, 20, pseudo(from, daddr, IPPROTO.TCP, 20)));
    out.set(tcp, at);
    const skb = new Skb(out);
    skb.protocol = ETH.IP;
    skb.transport = at;
    skb.l4proto = IPPROTO.TCP;
    skb.mark = mark;
    skb.sk = KERNEL_SOCKET;
    skb.dst = route.dst;
    tellMade(s.net, skb, orig, 'reset');
    s.ip4.localOut(skb);
  }

  /** tcp_v6_send_response: unlike IPv4's, the packet itself has no socket. */
  #answer6(orig: Skb, tcp: Uint8Array, to: Uint8Array, from: Uint8Array): void {
    const s = this.#s;
    const mark = s.conf.v6('fwmark_reflect') ? orig.mark : 0;
    const route = s.ip6.outputRoute(to, from, { mark, oif: s.ip6.replyDevice(orig, to) });
    if ('error' in route) return;
    const out = new Uint8Array(60);
    putIp6(out, 0, { tclass: ip6Tclass(orig.data, orig.network) & 0xfc, flow: s.ip6.flowLabel(), len: 20, next: IPPROTO.TCP, hops: s.ip6.hopLimit(route.dst), src: from, dst: to });
    out.set(tcp, 40);
    const skb = new Skb(out);
    skb.protocol = ETH.IPV6;
    skb.transport = 40;
    skb.l4proto = IPPROTO.TCP;
    skb.mark = mark;
    skb.dst = route.dst;
    leaveSum(skb);
    tellMade(s.net, skb, orig, 'reset');
    s.ip6.localOut(skb);
  }
}

/** The 20 bytes of a reset that answers a segment; checksum still 0. */
export function resetHeader(b: Uint8Array, at: number, len: number): Uint8Array {
  const flags = b[at + 13];
  const tcp = new Uint8Array(20);
  put16(tcp, 0, u16(b, at + 2));
  put16(tcp, 2, u16(b, at));
  if (flags & ACK) {
    put32(tcp, 4, u32(b, at + 8));
    tcp[13] = RST;
  } else {
    put32(tcp, 8, (u32(b, at + 4) + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0) + len - (b[at + 12] >> 4) * 4) >>> 0);
    tcp[13] = RST | ACK;
  }
  tcp[12] = 0x50;
  return tcp;
}
