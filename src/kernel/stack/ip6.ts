import type { Errno } from '../errno.ts';
import { PACKET, Skb, senderSocket } from '../net/skb.ts';
import type { PacketAbout } from '../net/skb.ts';
import { concat, put16, put32, sameBytes, u16 } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, ip6Dst, ip6Src, isExtensionHeader, isLinkLocal6, isLoopback6, isMulticast6, isZero, skipExtensions } from '../net/wire/ip.ts';
import { forgetSum } from '../net/transport-sum.ts';
import type { NetDevice } from './device.ts';
import type { Dst } from './fib.ts';
import { prefixMatch } from './fib.ts';
import type { HookPoint } from './hooks.ts';
import type { DropReason } from '../trace/event.ts';
import { tellDrop, tellMade } from '../trace/tell.ts';
import { earlyDemux } from './socket-lookup.ts';
import type { Stack } from './stack.ts';

export const IP6_MIN_MTU = 1280;

/** IPv6: input, routing decision, forwarding, output (net/ipv6/ip6_input.c, route.c, ip6_output.c). */
export class Ip6 {
  readonly #s: Stack;
  readonly #prerouting: HookPoint;
  readonly #input: HookPoint;
  readonly #forward: HookPoint;
  readonly #output: HookPoint;
  readonly #postrouting: HookPoint;
  constructor(stack: Stack) {
    this.#s = stack;
    const { hooks } = stack;
    this.#prerouting = hooks.at('ip6', 'prerouting');
    this.#input = hooks.at('ip6', 'input');
    this.#forward = hooks.at('ip6', 'forward');
    this.#output = hooks.at('ip6', 'output');
    this.#postrouting = hooks.at('ip6', 'postrouting');
  }

  // ---- input ----

  /** ipv6_rcv */
  receive(skb: Skb): void {
    const dev = skb.dev as NetDevice;
    const bad = skb.pktType === PACKET.otherhost ? 'OTHERHOST' : this.#off(dev) ? 'IPV6DISABLED' : this.#insane(skb, dev);
    if (bad) {
      tellDrop(this.#s.net, skb, bad);
      return;
    }
    // ip_sabotage_in: a bridge's packets have passed these hooks.
    if (skb.bridge) skb.bridge = null;
    else if (!this.#prerouting.run(skb, dev, null)) return;
    this.finish(skb);
  }

  /** No IPv6 on the device: switched off, or too small for it (addrconf_notify). */
  #off(dev: NetDevice): boolean {
    return dev.mtu < IP6_MIN_MTU || this.#s.conf.dev6(dev.name, 'disable_ipv6') !== 0;
  }

  /** ip6_rcv_core */
  #insane(skb: Skb, dev: NetDevice): DropReason | null {
    const b = skb.data,
      o = skb.network;
    if (b.length < o + 40 || b[o] >> 4 !== 6) return 'IP_INHDR';
    const src = b.subarray(o + 8, o + 24),
      dst = b.subarray(o + 24, o + 40);
    if ((isLoopback6(src) || isLoopback6(dst)) && dev.type !== 'loopback') return 'IP_INHDR';
    if (isMulticast6(src)) return 'IP_INHDR';
    if (isMulticast6(dst)) {
      const scope = dst[1] & 15;
      if (scope === 0 || (scope === 1 && dev.type !== 'loopback' && skb.pktType !== PACKET.loopback)) return 'IP_INHDR';
    }
    if ((skb.pktType === PACKET.broadcast || skb.pktType === PACKET.multicast) && !isMulticast6(dst) && this.#s.conf.dev6(dev.name, 'drop_unicast_in_l2_multicast'))
      return 'UNICAST_IN_L2_MULTICAST';
    const len = u16(b, o + 4);
    if (len || b[o + 6] !== IPPROTO.HOPOPTS) {
      if (o + 40 + len > b.length) return 'PKT_TOO_SMALL';
      if (o + 40 + len < b.length) skb.data = b.subarray(0, o + 40 + len);
    }
    if (b[o + 6] === IPPROTO.HOPOPTS) {
      const end = o + 40 + ((b[o + 41] + 1) << 3);
      if (skb.data.length < o + 48 || end > skb.data.length || !this.#s.icmp6.options(skb, o + 42, end, true)) return 'IP_INHDR';
    }
    this.locate(skb);
    return null;
  }

  /** Transport header and protocol behind the extension headers (ipv6_find_hdr). */
  locate(skb: Skb): void {
    const b = skb.data,
      o = skb.network;
    const end = skipExtensions(b, o + 40, b[o + 6]);
    if (end) {
      skb.transport = end.offset;
      skb.l4proto = end.next;
      skb.fragOffset = end.fragOff & ~7;
    } else {
      skb.transport = -1;
      skb.l4proto = IPPROTO.NONE;
      skb.fragOffset = 0;
    }
  }

  finish(skb: Skb): void {
    const dev = skb.dev as NetDevice;
    if (!skb.dst) {
      const b = skb.data,
        o = skb.network;
      skb.dst = this.inputRoute(ip6Dst(b, o), ip6Src(b, o), dev, skb.mark);
      this.#s.net.tracer?.event({ kind: 'route', skb, when: 'input', dst: skb.dst, reason: skb.dst.error });
    }
    if (this.#s.sockets.connected || skb.fragSizes) earlyDemux(this.#s, skb);
    const dst = skb.dst;
    switch (dst.input) {
      case 'local':
        this.localDeliver(skb);
        return;
      case 'forward':
        this.forward(skb);
        return;
      case 'error':
        this.#error(skb, dst);
        return;
      case 'multicast':
        this.#multicastInput(skb, dev);
        return;
      default:
        dst.input satisfies never;
    }
  }

  /** ip6_pkt_drop */
  #error(skb: Skb, dst: Dst): void {
    tellDrop(this.#s.net, skb, 'IP_INNOROUTES', 'no route');
    if (dst.error === 'EINVAL') return;
    this.#s.icmp6.send(skb, 1, dst.error === 'EACCES' ? 1 : 0, 0);
  }

  localDeliver(skb: Skb): void {
    if (!this.#input.run(skb, skb.dev, null)) return;
    this.#s.net.tracer?.event({ kind: 'delivered', skb, proto: skb.l4proto });
    this.#s.local.deliver6(skb);
  }

  /** ip6_mc_input: groups that the device has joined. */
  #multicastInput(skb: Skb, dev: NetDevice): void {
    if (this.#joined(ip6Dst(skb.data, skb.network), dev)) this.localDeliver(skb);
    else tellDrop(this.#s.net, skb, 'NOT_SPECIFIED', 'a multicast group that the host has not joined');
  }

  #joined(g: Uint8Array, dev: NetDevice): boolean {
    const tail = g.subarray(2, 15).every((x) => x === 0);
    if (tail && g[15] === 1 && (g[1] === 1 || g[1] === 2)) return true;
    if (tail && g[15] === 2 && (g[1] === 1 || g[1] === 2 || g[1] === 5)) return this.#s.conf.dev6(dev.name, 'forwarding') !== 0;
    if (g[1] !== 2 || g[11] !== 1 || g[12] !== 0xff || !g.subarray(2, 11).every((x) => x === 0)) return false;
    return dev.addrs6.some((a) => sameBytes(a.addr.subarray(13), g.subarray(13))) || (g[13] === 0 && g[14] === 0 && g[15] === 0 && this.#s.conf.dev6(dev.name, 'forwarding') !== 0);
  }

  /** ip6_route_input */
  inputRoute(daddr: Uint8Array, saddr: Uint8Array, dev: NetDevice, mark: number): Dst {
    const s = this.#s;
    const base = { family: 6 as const, gateway: null, error: null, route: null, broadcast: false, redirect: false, prefSrc: null };
    if (isMulticast6(daddr)) return { ...base, input: 'multicast', type: 'multicast', dev, multicast: true, local: false };
    const strict = isLinkLocal6(daddr) ? dev.index : 0;
    const hit = s.fib.lookup(6, { daddr, saddr, mark, iif: dev.index, oif: strict, tos: 0 });
    if ('error' in hit) return { ...base, input: 'error', type: 'unreachable', dev, error: hit.error, multicast: false, local: false };
    if (hit.route.type === 'local' || hit.route.type === 'anycast')
      return { ...base, input: 'local', type: hit.route.type, dev: s.device(hit.route.dev) ?? s.lo, route: hit.route, multicast: false, local: true };
    const out = s.device(hit.hop.dev);
    if (!out) return { ...base, input: 'error', type: 'unreachable', dev, error: 'ENETUNREACH', multicast: false, local: false };
    return { ...base, input: 'forward', type: hit.route.type, dev: out, gateway: hit.hop.via, route: hit.route, multicast: false, local: false };
  }

  // ---- forwarding ----

  /** ip6_forward */
  forward(skb: Skb): void {
    const s = this.#s,
      dst = skb.dst as Dst,
      dev = skb.dev as NetDevice;
    if (!s.conf.v6('conf.all.forwarding') && !s.conf.dev6(dev.name, 'force_forwarding')) {
      tellDrop(s.net, skb, 'NOT_SPECIFIED', 'the host does not forward');
      return;
    }
    if (skb.pktType !== PACKET.host) {
      tellDrop(s.net, skb, 'NOT_SPECIFIED', 'sent to all on the link');
      return;
    }
    if (skb.sk) {
      tellDrop(s.net, skb, 'NOT_SPECIFIED', 'a socket was given it');
      return;
    }
    forgetSum(skb);
    const b = skb.data,
      o = skb.network;
    if (b[o + 7] <= 1) {
      tellDrop(s.net, skb, 'IP_INHDR', 'hop limit exceeded');
      s.icmp6.send(skb, 3, 0, 0);
      return;
    }
    const src = ip6Src(b, o);
    if (skb.skbIif === dst.dev.index) this.#redirect(skb, dst);
    else {
      if (isZero(src) || isMulticast6(src) || isLoopback6(src)) {
        tellDrop(s.net, skb, 'IP_INVALID_SOURCE');
        return;
      }
      if (isLinkLocal6(src)) {
        tellDrop(s.net, skb, 'IP_INVALID_SOURCE', 'a link-local source does not leave its link');
        s.icmp6.send(skb, 1, 2, 0);
        return;
      }
    }
    const mtu = Math.max(IP6_MIN_MTU, this.mtu(dst));
    const len = b.length - o;
    if (len > mtu && !(skb.fragMaxSize && skb.fragMaxSize <= mtu)) {
      tellDrop(s.net, skb, 'PKT_TOO_BIG', `${len} bytes, ${mtu} fit`);
      s.icmp6.send(skb, 2, 0, mtu);
      return;
    }
    b[o + 7]--;
    if (!this.#forward.run(skb, dev, dst.dev)) return;
    this.output(skb, skb.dst as Dst);
  }

  #redirect(skb: Skb, dst: Dst): void {
    const target = dst.gateway ?? ip6Dst(skb.data, skb.network);
    // By destination here, by source in ndisc: six at once, then one a second.
    if (!this.#s.icmp6.peerAllows(ip6Dst(skb.data, skb.network), 1000)) return;
    this.#s.ndisc.redirect(skb, target);
  }

  mtu(dst: Dst): number {
    return dst.route?.mtu || dst.dev.mtu;
  }
  hopLimit(dst: Dst): number {
    return dst.route?.hopLimit || this.#s.conf.dev6(dst.dev.name, 'hop_limit') || 64;
  }

  /** Flow labels of packets made here: a hash when net.ipv6.auto_flowlabels says so. */
  flowLabel(): number {
    return this.#s.conf.v6('auto_flowlabels') === 1 ? this.#s.net.random.below(0x100000) : 0;
  }

  /** The device to answer on, where the address says nothing about it. */
  replyDevice(orig: Skb, to: Uint8Array): number {
    return isLinkLocal6(to) ? (orig.dev?.index ?? orig.skbIif) : 0;
  }

  // ---- output ----

  /** ipv6_dev_get_saddr, as far as static addresses need it (RFC 6724 rules 1, 2, 5, 8). */
  selectAddr(dev: NetDevice, daddr: Uint8Array): Uint8Array {
    const scope = isLinkLocal6(daddr) || (isMulticast6(daddr) && (daddr[1] & 15) === 2) ? 253 : 0;
    let best: { addr: Uint8Array; score: number } | null = null;
    for (const d of this.#s.devices) {
      if (scope === 253 && d !== dev) continue;
      for (const a of d.addrs6) {
        if (a.flags.includes('tentative')) continue;
        const own = isLinkLocal6(a.addr) ? 253 : isLoopback6(a.addr) ? 254 : 0;
        if (own !== 0 && d !== dev) continue;
        const fits = own === scope ? 4 : own > scope ? (own === 254 ? 1 : 2) : 3;
        const score = (sameBytes(a.addr, daddr) ? 1e6 : 0) + fits * 1e4 + (d === dev ? 1e3 : 0) + Math.min(a.len, commonBits(a.addr, daddr));
        if (!best || score > best.score) best = { addr: a.addr, score };
      }
    }
    return best?.addr ?? new Uint8Array(16);
  }

  /** ip6_route_output + source selection. */
  outputRoute(daddr: Uint8Array, saddr: Uint8Array | null, o: { mark: number; oif: number }): { dst: Dst; saddr: Uint8Array } | { error: Errno } {
    const s = this.#s;
    const base = { family: 6 as const, error: null, broadcast: false, redirect: false, prefSrc: null };
    const any = !saddr || isZero(saddr);
    if (isMulticast6(daddr)) {
      const dev = s.device(o.oif) ?? s.devices.find((d) => d.up && d.addrs6.length > 0 && d.type !== 'loopback');
      if (!dev) return { error: 'ENETUNREACH' };
      return {
        dst: { ...base, input: 'forward', type: 'multicast', dev, gateway: null, route: null, multicast: true, local: false },
        saddr: any ? this.selectAddr(dev, daddr) : (saddr as Uint8Array),
      };
    }
    const hit = s.fib.lookup(6, { daddr, saddr: any ? null : saddr, mark: o.mark, iif: s.lo.index, oif: o.oif, tos: 0 });
    if ('error' in hit) return { error: hit.error };
    if (hit.route.type === 'local' || hit.route.type === 'anycast') {
      return {
        dst: { ...base, input: 'local', type: hit.route.type, dev: s.lo, gateway: null, route: hit.route, multicast: false, local: true },
        saddr: any ? daddr : (saddr as Uint8Array),
      };
    }
    const dev = s.device(hit.hop.dev);
    if (!dev) return { error: 'ENETUNREACH' };
    return {
      dst: { ...base, input: 'forward', type: 'unicast', dev, gateway: hit.hop.via, route: hit.route, multicast: false, local: false },
      saddr: any ? (hit.route.src ?? this.selectAddr(dev, daddr)) : (saddr as Uint8Array),
    };
  }

  /** ip6_local_out */
  localOut(skb: Skb): boolean {
    skb.protocol = ETH.IPV6;
    const len = skb.data.length - skb.network - 40;
    put16(skb.data, skb.network + 4, len > 0xffff ? 0 : len);
    if (!this.#output.run(skb, null, (skb.dst as Dst).dev)) return false;
    return this.output(skb, skb.dst as Dst);
  }

  /** ip6_output */
  output(skb: Skb, dst: Dst): boolean {
    const input = skb.dev;
    skb.dev = dst.dev;
    skb.head = skb.network;
    if (this.#off(dst.dev)) {
      tellDrop(this.#s.net, skb, 'IPV6DISABLED');
      return false;
    }
    if (!this.#postrouting.run(skb, input, dst.dev)) return false;
    this.finishOutput(skb, skb.dst ?? dst);
    return true;
  }

  finishOutput(skb: Skb, dst: Dst): void {
    const len = skb.data.length - skb.network;
    if (len > this.mtu(dst) || (skb.fragMaxSize && len > skb.fragMaxSize)) this.#fragment(skb, dst);
    else this.toNeighbour(skb, dst);
  }

  /** ip6_finish_output2 */
  toNeighbour(skb: Skb, dst: Dst): void {
    const daddr = ip6Dst(skb.data, skb.network);
    const dev = dst.local ? this.#s.lo : dst.dev;
    if (isMulticast6(daddr) && skb.sk && skb.sk.uid >= 0 && dev.type !== 'loopback' && this.#joined(daddr, dev)) {
      const back = skb.clone();
      tellMade(this.#s.net, back, skb, 'copy');
      back.dst = null;
      back.pktType = PACKET.loopback;
      back.sk = null;
      // It passes these hooks once more.
      if (this.#postrouting.run(back, null, dev)) this.#s.loopBack(back);
      if (skb.data[skb.network + 7] === 0) {
        tellDrop(this.#s.net, skb, 'NOT_SPECIFIED', 'not to leave the host');
        return;
      }
    }
    this.#s.neighbours.output(skb, dev, dst.gateway ?? daddr);
  }

  /** ip6_fragment */
  #fragment(skb: Skb, dst: Dst): void {
    const b = skb.data,
      o = skb.network;
    let mtu = this.mtu(dst);
    if (skb.fragMaxSize) {
      if (skb.fragMaxSize > mtu) {
        tellDrop(this.#s.net, skb, 'PKT_TOO_BIG', `${b.length - o} bytes, ${mtu} fit`);
        this.#s.icmp6.send(skb, 2, 0, mtu);
        return;
      }
      mtu = Math.max(IP6_MIN_MTU, skb.fragMaxSize);
    } else if (skb.sk === null && skb.skbIif !== 0) {
      tellDrop(this.#s.net, skb, 'PKT_TOO_BIG', `${b.length - o} bytes, ${mtu} fit`);
      this.#s.icmp6.send(skb, 2, 0, mtu);
      return;
    }
    this.cut(skb, mtu, (piece) => {
      this.toNeighbour(piece, dst);
    });
  }

  /** ip6_fragment, from where it is settled that there will be pieces. */
  cut(skb: Skb, mtu: number, emit: (piece: Skb) => void): void {
    const b = skb.data,
      o = skb.network;
    const first = firstFragmentable(b, o);
    const head = b.slice(o, first.at);
    const room = mtu - head.length - 8;
    const total = b.length - first.at;
    const sizes = skb.fragSizes;
    const asCame = sizes !== null && sizes.reduce((n, x) => n + x, 0) === total && sizes.every((n, i) => n <= room && (i === sizes.length - 1 || (n & 7) === 0));
    const pieces: number[] = asCame ? [...sizes] : [];
    if (!asCame)
      for (let left = total; left > 0; ) {
        const n = left > room ? room & ~7 : left;
        pieces.push(n);
        left -= n;
      }
    const id = this.#s.net.random.u32() || 1;
    const next = head[first.prevAt - o];
    head[first.prevAt - o] = IPPROTO.FRAGMENT;
    let at = 0;
    this.#s.net.tracer?.event({ kind: 'cut', skb, pieces: pieces.length });
    for (const [i, size] of pieces.entries()) {
      const frag = new Uint8Array(8);
      frag[0] = next;
      put16(frag, 2, at | (i < pieces.length - 1 ? 1 : 0));
      put32(frag, 4, id);
      const piece = skb.clone();
      tellMade(this.#s.net, piece, skb, 'fragment');
      piece.data = concat(head, frag, b.subarray(first.at + at, first.at + at + size));
      put16(piece.data, 4, piece.data.length - 40);
      piece.mac = -1;
      piece.network = 0;
      piece.head = 0;
      piece.transport = -1;
      piece.fragSizes = null;
      piece.fragMaxSize = 0;
      emit(piece);
      at += size;
    }
  }

  /** ip6_route_me_harder */
  reroute(skb: Skb): boolean {
    const b = skb.data,
      o = skb.network;
    const daddr = ip6Dst(b, o),
      strict = isMulticast6(daddr) || isLinkLocal6(daddr);
    const r = this.outputRoute(daddr, ip6Src(b, o), { mark: skb.mark, oif: strict ? (skb.dst?.dev.index ?? 0) : 0 });
    const { tracer } = this.#s.net;
    if ('error' in r) {
      tracer?.event({ kind: 'route', skb, when: 'reroute', dst: null, reason: r.error });
      return false;
    }
    tracer?.event({ kind: 'route', skb, when: 'reroute', dst: r.dst, reason: null });
    skb.dst = r.dst;
    return true;
  }

  /** rawv6_sendmsg with a header of the sender's own. */
  sendRaw(bytes: Uint8Array, about: PacketAbout = {}): Errno | null {
    const skb = new Skb(bytes.slice());
    const b = skb.data;
    if (b.length < 40) return 'EINVAL';
    const r = this.outputRoute(ip6Dst(b, 0), null, { mark: about.mark ?? 0, oif: 0 });
    if ('error' in r) return r.error;
    if (b.length > this.mtu(r.dst)) return 'EMSGSIZE';
    skb.protocol = ETH.IPV6;
    skb.sk = senderSocket(about);
    skb.mark = about.mark ?? 0;
    skb.priority = about.priority ?? 0;
    skb.dst = r.dst;
    this.locate(skb);
    tellMade(this.#s.net, skb, null, 'send');
    this.#s.net.tracer?.event({ kind: 'route', skb, when: 'output', dst: r.dst, reason: null });
    if (!this.#output.run(skb, null, r.dst.dev)) return 'EPERM';
    return this.output(skb, skb.dst as Dst) ? null : 'EPERM';
  }

  /** ipv6_chk_acast_addr_src: the subnet-router anycast addresses of a router. */
  isAnycast(addr: Uint8Array): boolean {
    return this.#s.fib.table(255, 6).some((r) => r.type === 'anycast' && sameBytes(r.dst, addr));
  }

  /** ipv6_chk_addr: with a device, link-local ones count there only. */
  isLocal(addr: Uint8Array, dev: NetDevice | null = null): boolean {
    return this.#s.devices.some((d) => (dev === null || dev === d || !isLinkLocal6(addr)) && d.addrs6.some((a) => sameBytes(a.addr, addr)));
  }
}

function commonBits(a: Uint8Array, b: Uint8Array): number {
  let n = 128;
  while (n > 0 && !prefixMatch(a, b, n)) n--;
  return n;
}

/** ip6_find_1stfragopt: headers that every fragment repeats. */
function firstFragmentable(b: Uint8Array, o: number): { at: number; prevAt: number } {
  let next = b[o + 6],
    at = o + 40,
    prevAt = o + 6;
  let sawRouting = false;
  while (isExtensionHeader(next) && at + 8 <= b.length) {
    if (next === IPPROTO.ROUTING) sawRouting = true;
    else if (next === IPPROTO.DSTOPTS) {
      if (sawRouting) break;
    } else if (next !== IPPROTO.HOPOPTS) break;
    prevAt = at;
    next = b[at];
    at += (b[at + 1] + 1) << 3;
  }
  return { at, prevAt };
}
