import { KERNEL_SOCKET, CTINFO, PACKET, Skb } from '../net/skb.ts';
import { checksum, put16, put32, u16, u32 } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, IP_OFFSET, ip4Dst, ip4HeaderLen, ip4Src, putIp4 } from '../net/wire/ip.ts';
import type { NetDevice } from './device.ts';
import { deliveredSumRight } from '../net/transport-sum.ts';
import type { Dst } from './fib.ts';
import { tellMade } from '../trace/tell.ts';
import type { Stack } from './stack.ts';

const ERRORS = new Set([3, 4, 5, 11, 12]);
/** icmp_pointers[].error: messages about which there is never one. */
const NOT_ASKED = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]);
const ECHO_REPLY = 0,
  ECHO = 8,
  TIMESTAMP = 13,
  TIMESTAMP_REPLY = 14;
const NR_TYPES = 18;
const REDIRECT_NUMBER = 9,
  REDIRECT_LOAD = 20,
  REDIRECT_SILENCE = REDIRECT_LOAD << (REDIRECT_NUMBER + 1);
const NO_OPTIONS: Uint8Array = new Uint8Array(0);

/** net/ipv4/icmp.c */
export class Icmp4 {
  readonly #s: Stack;
  /** Tokens by peer (inetpeer): errors, redirects and what no route takes draw from the same. */
  readonly #buckets = new Map<string, Peer>();
  /** icmp_xmit_lock: the socket is in use, so what its packet meets on the way out gets no answer. */
  #sending = false;
  #globalCredit = 0;
  #globalStamp = -1;

  constructor(stack: Stack) {
    this.#s = stack;
  }

  /** __icmp_send */
  send(orig: Skb, type: number, code: number, info: number): void {
    const s = this.#s,
      b = orig.data,
      o = orig.network;
    const rt = orig.dst;
    if (this.#sending || !rt || b.length < o + 20) return;
    if (orig.pktType !== PACKET.host || rt.broadcast || rt.multicast) return;
    if (u16(b, o + 6) & IP_OFFSET) return;
    if (ERRORS.has(type) && b[o + 9] === IPPROTO.ICMP) {
      const inner = b[o + ip4HeaderLen(b, o)];
      if (inner === undefined || inner > NR_TYPES || NOT_ASKED.has(inner)) return;
    }
    const from = ip4Src(b, o);
    let saddr: Uint8Array | null = null;
    if (rt.local && rt.input === 'local') saddr = ip4Dst(b, o);
    else if (s.conf.v4('icmp_errors_use_inbound_ifaddr') && orig.skbIif) {
      const dev = s.device(orig.skbIif);
      if (dev) saddr = s.ip4.selectAddr(dev, from, 253);
    }
    const tos = ERRORS.has(type) ? (b[o + 1] & 0x1e) | 0xc0 : b[o + 1];
    const mark = s.conf.v4('fwmark_reflect') ? orig.mark : 0;
    const echo = s.ip4.options.echo(orig);
    if (!echo) return;
    const daddr = echo.via ?? from;
    const route = s.ip4.outputRoute(daddr, saddr, { mark, oif: 0, tos });
    if ('error' in route || !this.#allowed(type, route.dst, daddr)) return;
    echo.settle(route.saddr);
    const options = echo.bytes;
    const room = Math.min(576, s.ip4.forwardMtu(route.dst)) - 28 - options.length;
    const quoted = b.subarray(o, Math.min(b.length, o + room));
    this.#push(route.dst, route.saddr, daddr, tos, type, code, info, quoted, mark, orig, options);
  }

  /** icmp_push_reply */
  #push(
    dst: Dst,
    saddr: Uint8Array,
    daddr: Uint8Array,
    tos: number,
    type: number,
    code: number,
    info: number,
    payload: Uint8Array,
    mark: number,
    about: Skb,
    options = NO_OPTIONS,
  ): void {
    const at = 20 + options.length;
    const out = new Uint8Array(at + 8 + payload.length);
    putIp4(out, 0, { tos, len: out.length, id: this.#s.ip4.randomId(), frag: 0, ttl: this.hopLimit(dst), proto: IPPROTO.ICMP, src: saddr, dst: daddr, options });
    out[at] = type;
    out[at + 1] = code;
    put32(out, at + 4, info >>> 0);
    out.set(payload, at + 8);
    put16(out, at + 2, checksum(out, at, out.length));
    const skb = new Skb(out);
    skb.protocol = ETH.IP;
    skb.transport = at;
    skb.l4proto = IPPROTO.ICMP;
    skb.mark = mark;
    skb.sk = KERNEL_SOCKET;
    skb.ignoreDf = true;
    skb.dst = dst;
    if (ERRORS.has(type)) attachConnection(skb, about);
    tellMade(this.#s.net, skb, about, 'icmp');
    this.#sending = true;
    this.#s.ip4.localOut(skb);
    this.#sending = false;
  }

  hopLimit(dst: Dst): number {
    return dst.route?.hopLimit || this.#s.conf.v4('ip_default_ttl');
  }

  /** icmp_global_allow, icmpv4_xrlim_allow */
  #allowed(type: number, dst: Dst, daddr: Uint8Array): boolean {
    const conf = this.#s.conf;
    if (type > NR_TYPES || !((1 << type) & conf.v4('icmp_ratemask')) || dst.dev.type === 'loopback') return true;
    const ratelimit = conf.v4('icmp_ratelimit');
    if (!this.#global()) return false;
    if (ratelimit === 0) return true;
    return peerAllow(this.#buckets, daddr.join('.'), this.#s.net.clock.now(), ratelimit, this.#s.jiffy);
  }

  #global(): boolean {
    const now = this.#s.net.clock.now(),
      burst = this.#s.conf.v4('icmp_msgs_burst');
    if (this.#globalStamp < 0) this.#globalCredit = burst;
    else this.#globalCredit = Math.min(burst, this.#globalCredit + (Math.min(now - this.#globalStamp, 1000) * this.#s.conf.v4('icmp_msgs_per_sec')) / 1000);
    this.#globalStamp = now;
    if (this.#globalCredit < 1) return false;
    this.#globalCredit--;
    return true;
  }

  /** ip_error: five at once to a host for want of a route, then one a second. */
  routeErrorAllowed(to: Uint8Array): boolean {
    const now = this.#s.net.clock.now();
    const p = peerOf(this.#buckets, to.join('.'), now);
    p.tokens = Math.min(p.tokens + now - p.last, 5000);
    p.last = now;
    if (p.tokens < 1000) return false;
    p.tokens -= 1000;
    return true;
  }

  /** ip_rt_send_redirect: each after twice the pause of the one before, nine in all until 20 s are silent. */
  redirect(skb: Skb, dst: Dst): void {
    const now = this.#s.net.clock.now();
    const p = peerOf(this.#buckets, ip4Src(skb.data, skb.network).join('.'), now);
    if (now > p.last + REDIRECT_SILENCE) p.tokens = p.redirects = 0;
    if (p.redirects >= REDIRECT_NUMBER) {
      p.last = now;
      return;
    }
    if (p.redirects > 0 && now <= p.last + (REDIRECT_LOAD << p.redirects)) return;
    p.last = now;
    p.redirects++;
    this.send(skb, 5, 1, u32(dst.gateway ?? ip4Dst(skb.data, skb.network), 0));
  }

  /** icmp_rcv */
  receive(skb: Skb): void {
    const b = skb.data,
      at = skb.transport;
    if (b.length < at + 8 || !deliveredSumRight(skb, at, IPPROTO.ICMP, b.length - at, false)) return;
    const type = b[at];
    if (skb.dst?.broadcast || skb.dst?.multicast) {
      if ((type === ECHO || type === TIMESTAMP) && this.#s.conf.v4('icmp_echo_ignore_broadcasts')) return;
    }
    if (type === ECHO && !this.#s.conf.v4('icmp_echo_ignore_all')) this.#reply(skb, ECHO_REPLY, b.slice(at + 4));
    else if (type === TIMESTAMP && b.length >= at + 12) this.#timestamp(skb);
    else this.#s.sockets.icmp(skb, ip4Src(b, skb.network));
  }

  #timestamp(skb: Skb): void {
    // Only the first of the three times needs to be there (icmp_timestamp).
    const body = new Uint8Array(16);
    body.set(skb.data.subarray(skb.transport + 4, skb.transport + 12));
    const ms = Math.floor(this.#s.net.clock.wall() % 86400000);
    put32(body, 8, ms);
    put32(body, 12, ms);
    this.#reply(skb, TIMESTAMP_REPLY, body);
  }

  /** icmp_reply; `rest` is everything after the checksum. */
  #reply(orig: Skb, type: number, rest: Uint8Array): void {
    if (this.#sending) return;
    const s = this.#s,
      b = orig.data,
      o = orig.network;
    const echo = s.ip4.options.echo(orig);
    if (!echo) return;
    const daddr = echo.via ?? ip4Src(b, o),
      tos = b[o + 1];
    const saddr = this.specDst(orig);
    const mark = s.conf.v4('fwmark_reflect') ? orig.mark : 0;
    const route = s.ip4.outputRoute(daddr, saddr, { mark, oif: 0, tos });
    if ('error' in route || !this.#allowed(type, route.dst, daddr)) return;
    echo.settle(route.saddr);
    this.#push(route.dst, route.saddr, daddr, tos, type, 0, u32(rest, 0), rest.subarray(4), mark, orig, echo.bytes);
  }

  /** fib_compute_spec_dst: own address of a packet, or for broadcasts the one we would answer from. */
  specDst(skb: Skb): Uint8Array {
    const b = skb.data,
      o = skb.network;
    if (skb.dst?.type === 'local') return ip4Dst(b, o);
    return this.#s.ip4.selectAddr(skb.dev as NetDevice, ip4Src(b, o), 0);
  }
}

/** struct inet_peer: what was sent to a host lately; times in milliseconds. */
export interface Peer {
  tokens: number;
  last: number;
  /** Of the last time it was asked. */
  jiffy: number;
  redirects: number;
}

function peerOf(peers: Map<string, Peer>, key: string, now: number): Peer {
  let p = peers.get(key);
  if (!p) {
    p = { tokens: 0, last: now - 60_000, jiffy: -1, redirects: 0 };
    peers.set(key, p);
  }
  return p;
}

/** inet_peer_xrlim_allow: a bucket of six tokens a peer, filled and cut once a jiffy. */
export function peerAllow(peers: Map<string, Peer>, key: string, now: number, timeout: number, jiffy: number): boolean {
  const p = peerOf(peers, key, now);
  if (p.jiffy !== jiffy) {
    p.tokens = Math.min(p.tokens + (now - p.last), 6 * timeout);
    p.last = now;
    p.jiffy = jiffy;
  }
  if (p.tokens < timeout) return false;
  p.tokens -= timeout;
  return true;
}

/** nf_ct_attach: an error belongs to the connection of the packet that it is about, in the other direction. */
export function attachConnection(answer: Skb, cause: Skb): void {
  if (!cause.ct) return;
  answer.ct = cause.ct;
  answer.ctinfo = cause.ctinfo >= CTINFO.establishedReply ? CTINFO.related : CTINFO.relatedReply;
}
