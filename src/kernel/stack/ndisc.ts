import { KERNEL_SOCKET, PACKET, Skb } from '../net/skb.ts';
import { checksum, concat, pseudo, put16, put32, sameBytes } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, ip6Dst, ip6Src, isLinkLocal6, isMulticast6, isZero, putIp6 } from '../net/wire/ip.ts';
import type { NetDevice } from './device.ts';
import type { Dst } from './fib.ts';
import { tellMade } from '../trace/tell.ts';
import type { Stack } from './stack.ts';

const NS = 135,
  NA = 136,
  REDIRECT = 137;
const ROUTER = 0x80000000,
  SOLICITED = 0x40000000,
  OVERRIDE = 0x20000000;
const ALL_NODES = Uint8Array.of(0xff, 2, ...new Uint8Array(13), 1);

/** Neighbour discovery (net/ipv6/ndisc.c). */
export class Ndisc {
  readonly #s: Stack;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  /** ndisc_rcv; the checksum is right. */
  receive(skb: Skb): void {
    const b = skb.data,
      o = skb.network,
      at = skb.transport;
    if (b[o + 7] !== 255 || b[at + 1] !== 0 || b.length < at + 24) return;
    if (b[at] === NS) this.#solicitation(skb);
    else if (b[at] === NA) this.#advertisement(skb);
  }

  #option(b: Uint8Array, from: number, type: number): Uint8Array | null | 'bad' {
    for (let i = from; i < b.length; ) {
      const len = b[i + 1] * 8;
      if (len === 0 || i + len > b.length) return 'bad';
      if (b[i] === type && len === 8) return b.slice(i + 2, i + 8);
      i += len;
    }
    return null;
  }

  /** ndisc_recv_ns */
  #solicitation(skb: Skb): void {
    const s = this.#s,
      b = skb.data,
      o = skb.network,
      at = skb.transport;
    const dev = skb.dev as NetDevice;
    const src = ip6Src(b, o),
      dst = ip6Dst(b, o),
      target = b.slice(at + 8, at + 24);
    if (isMulticast6(target)) return;
    const dad = isZero(src);
    if (dad && !(dst[0] === 0xff && dst[1] === 2 && dst[11] === 1 && dst[12] === 0xff)) return;
    const lladdr = this.#option(b, at + 24, 1);
    if (lladdr === 'bad' || (lladdr && dad)) return;
    const own = dev.addrs6.find((a) => sameBytes(a.addr, target));
    const routed = s.fib.lookup(6, { daddr: target, saddr: null, mark: 0, iif: dev.index, oif: dev.index, tos: 0 });
    const anycast = !('error' in routed) && routed.route.type === 'anycast';
    const proxy = !own && !anycast && s.conf.dev6(dev.name, 'forwarding') !== 0 && s.conf.dev6(dev.name, 'proxy_ndp') !== 0 && s.neighbours.findProxy(dev, target) !== undefined;
    if (!own && !anycast && !proxy) return;
    const router = s.conf.dev6(dev.name, 'forwarding') ? ROUTER : 0;
    if (dad) {
      this.#advertise(dev, ALL_NODES, target, router | (own ? OVERRIDE : 0));
      return;
    }
    if (lladdr) s.neighbours.learn(dev, src, lladdr, 'stale', { create: true, override: true });
    // A question by unicast comes from one who knows the address already.
    const inc = isMulticast6(dst);
    this.#advertise(dev, src, target, (router | SOLICITED | (own && inc ? OVERRIDE : 0)) >>> 0, inc);
  }

  /** ndisc_recv_na */
  #advertisement(skb: Skb): void {
    const b = skb.data,
      at = skb.transport,
      dev = skb.dev as NetDevice;
    const target = b.slice(at + 8, at + 24),
      flags = b[at + 4];
    if (isMulticast6(target) || (isMulticast6(ip6Dst(b, skb.network)) && flags & 0x40)) return;
    const lladdr = this.#option(b, at + 24, 2);
    if (lladdr === 'bad' || !lladdr || skb.pktType === PACKET.loopback) return;
    this.#s.neighbours.learn(dev, target, lladdr, flags & 0x40 ? 'reachable' : 'stale', { create: false, override: (flags & 0x20) !== 0 });
  }

  #advertise(dev: NetDevice, to: Uint8Array, target: Uint8Array, flags: number, withAddress = true): void {
    this.#message(dev, target, to, NA, flags, withAddress ? concat(target, lladdrOption(2, dev)) : target);
  }

  /** ndisc_solicit */
  solicit(dev: NetDevice, target: Uint8Array, lladdr: Uint8Array | null, cause: Skb | null): void {
    const from = cause && cause.protocol === ETH.IPV6 ? ip6Src(cause.data, cause.network) : null;
    // ndisc_ns_create: without an address of this device in the packet that waits, the link-local one (ipv6_get_lladdr), or no question at all.
    const saddr = from && dev.addrs6.some((a) => sameBytes(a.addr, from)) ? from : dev.addrs6.find((a) => isLinkLocal6(a.addr))?.addr;
    if (!saddr) return;
    const to = lladdr ? target : Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, target[13], target[14], target[15]);
    this.#message(dev, saddr, to, NS, 0, concat(target, lladdrOption(1, dev)));
  }

  /** ndisc_send_skb */
  #message(dev: NetDevice, src: Uint8Array, dst: Uint8Array, type: number, word: number, rest: Uint8Array, routed?: Dst): void {
    const out = new Uint8Array(48 + rest.length);
    putIp6(out, 0, { len: out.length - 40, next: IPPROTO.ICMPV6, hops: 255, src, dst });
    out[40] = type;
    put32(out, 44, word >>> 0);
    out.set(rest, 48);
    put16(out, 42, checksum(out, 40, out.length, pseudo(src, dst, IPPROTO.ICMPV6, out.length - 40)));
    const skb = new Skb(out);
    skb.protocol = ETH.IPV6;
    skb.transport = 40;
    skb.l4proto = IPPROTO.ICMPV6;
    skb.sk = KERNEL_SOCKET;
    skb.dst = routed ?? this.#onLink(dev, src, dst);
    tellMade(this.#s.net, skb, null, 'neighbour');
    this.#s.ip6.localOut(skb);
  }

  /** icmp6_dst_alloc: always this device, always on the link. */
  #onLink(dev: NetDevice, src: Uint8Array, dst: Uint8Array): Dst {
    const route = this.#s.ip6.outputRoute(dst, src, { mark: 0, oif: dev.index });
    if (!('error' in route) && route.dst.local) return route.dst;
    return {
      family: 6,
      input: 'forward',
      type: isMulticast6(dst) ? 'multicast' : 'unicast',
      dev,
      gateway: null,
      error: null,
      route: null,
      broadcast: false,
      multicast: isMulticast6(dst),
      local: false,
      redirect: false,
      prefSrc: null,
    };
  }

  /** ndisc_send_redirect */
  redirect(orig: Skb, target: Uint8Array): void {
    const s = this.#s,
      dev = orig.dev as NetDevice;
    const source = dev.addrs6.find((a) => isLinkLocal6(a.addr))?.addr;
    const b = orig.data,
      o = orig.network;
    const daddr = ip6Dst(b, o),
      saddr = ip6Src(b, o);
    if (!source || (!sameBytes(daddr, target) && !isLinkLocal6(target))) return;
    const back = s.ip6.outputRoute(saddr, source, { mark: 0, oif: isLinkLocal6(saddr) ? dev.index : 0 });
    if ('error' in back || back.dst.gateway || !s.icmp6.peerAllows(saddr, 1000)) return;
    const known = s.neighbours.find(dev, target)?.lladdr;
    const opt = known ? concat(Uint8Array.of(2, 1), known) : new Uint8Array(0);
    const room = Math.min(1280 - 40 - 40 - opt.length, b.length - o + 8) & ~7;
    const rd = new Uint8Array(room);
    rd[0] = 4;
    rd[1] = room >> 3;
    rd.set(b.subarray(o, o + room - 8), 8);
    this.#message(back.dst.dev, source, saddr, REDIRECT, 0, concat(target, daddr, opt, rd), back.dst);
  }
}

const lladdrOption = (type: number, dev: NetDevice): Uint8Array => (dev.mac.length === 6 ? concat(Uint8Array.of(type, 1), dev.mac) : new Uint8Array(0));
