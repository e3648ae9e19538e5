import type { Errno } from '../errno.ts';
import { PACKET, Skb, senderSocket } from '../net/skb.ts';
import type { PacketAbout } from '../net/skb.ts';
import { checksum, put16, sameBytes, u16, u32 } from '../net/wire/bytes.ts';
import { ETH, IP_DF, IP_MF, IP_OFFSET, ip4Check, ip4Dst, ip4HeaderLen, ip4Src, isLimitedBroadcast, isLoopback4, isMulticast4, isZero } from '../net/wire/ip.ts';
import { forgetSum } from '../net/transport-sum.ts';
import type { NetDevice } from './device.ts';
import type { Dst, FibHit } from './fib.ts';
import { prefixMatch } from './fib.ts';
import type { HookPoint } from './hooks.ts';
import type { DropReason } from '../trace/event.ts';
import { tellDrop, tellMade } from '../trace/tell.ts';
import { Options4 } from './options4.ts';
import { earlyDemux } from './socket-lookup.ts';
import type { Stack } from './stack.ts';

/** tos bits that take part in routing (INET_DSCP_MASK) */
const RT_TOS = 0xfc;
const ANY = new Uint8Array(4);

const ROUTES_BITS = 11;
interface Cached {
  readonly daddr: number;
  readonly saddr: number;
  readonly tos: number;
  readonly dev: NetDevice;
  readonly mark: number;
  readonly dst: Dst;
}

/** IPv4: input, routing decision, forwarding, output (net/ipv4/ip_input.c, route.c, ip_forward.c, ip_output.c). */
export class Ip4 {
  readonly #s: Stack;
  readonly options: Options4;
  readonly #routes = new Array<Cached | null>(1 << ROUTES_BITS).fill(null);
  #fibVersion = -1;
  #confVersion = -1;
  #priorityVersion = -1;
  #priority = false;
  readonly #prerouting: HookPoint;
  readonly #input: HookPoint;
  readonly #forward: HookPoint;
  readonly #output: HookPoint;
  readonly #postrouting: HookPoint;
  constructor(stack: Stack) {
    this.#s = stack;
    const { hooks } = stack;
    this.#prerouting = hooks.at('ip', 'prerouting');
    this.#input = hooks.at('ip', 'input');
    this.#forward = hooks.at('ip', 'forward');
    this.#output = hooks.at('ip', 'output');
    this.#postrouting = hooks.at('ip', 'postrouting');
    this.options = new Options4(stack);
  }

  // ---- input ----

  /** ip_rcv */
  receive(skb: Skb): void {
    const dev = skb.dev as NetDevice;
    const { net } = this.#s;
    if (skb.pktType === PACKET.otherhost) {
      tellDrop(net, skb, 'OTHERHOST');
      return;
    }
    const bad = this.insane(skb);
    if (bad) {
      tellDrop(net, skb, bad);
      return;
    }
    // ip_sabotage_in: a bridge's packets have passed these hooks.
    if (skb.bridge) skb.bridge = null;
    else if (!this.#prerouting.run(skb, dev, null)) return;
    this.finish(skb);
  }

  /** ip_rcv_core: header in order, and cut to what it says. */
  insane(skb: Skb): DropReason | null {
    const b = skb.data,
      o = skb.network;
    if (b.length < o + 20 || b[o] >> 4 !== 4) return 'IP_INHDR';
    const ihl = ip4HeaderLen(b, o);
    if (ihl < 20 || b.length < o + ihl) return 'IP_INHDR';
    if (checksum(b, o, o + ihl) !== 0) return 'IP_CSUM';
    const total = u16(b, o + 2);
    if (b.length - o < total) return 'PKT_TOO_SMALL';
    if (total < ihl) return 'IP_INHDR';
    if (b.length - o > total) skb.data = b.subarray(0, o + total);
    skb.transport = o + ihl;
    skb.l4proto = b[o + 9];
    skb.fragOffset = (u16(b, o + 6) & IP_OFFSET) * 8;
    return null;
  }

  /** ip_rcv_finish */
  finish(skb: Skb): void {
    const dev = skb.dev as NetDevice;
    const options = ip4HeaderLen(skb.data, skb.network) > 20 && skb.pktType !== PACKET.loopback;
    if (!skb.dst) {
      const b = skb.data,
        o = skb.network;
      const dst = this.#inputRoute(b, o, dev, skb.mark);
      if (typeof dst === 'string') {
        this.#s.net.tracer?.event({ kind: 'route', skb, when: 'input', dst: null, reason: dst });
        tellDrop(this.#s.net, skb, dst);
        return;
      }
      this.#s.net.tracer?.event({ kind: 'route', skb, when: 'input', dst, reason: dst.error });
      skb.dst = dst;
      skb.rtclassid = skb.dst.route?.realm ?? 0;
    }
    if (options && !this.options.receive(skb)) {
      tellDrop(this.#s.net, skb, 'IP_INHDR', 'IP options');
      return;
    }
    if (skb.dst.type === 'broadcast' || skb.dst.type === 'multicast') {
      // A broadcast that came to our own address on the link layer only.
    } else if (skb.pktType === PACKET.broadcast || skb.pktType === PACKET.multicast) {
      if (this.#s.conf.or4(dev.name, 'drop_unicast_in_l2_multicast')) {
        tellDrop(this.#s.net, skb, 'UNICAST_IN_L2_MULTICAST');
        return;
      }
    }
    if (this.#s.sockets.connected || skb.fragSizes) earlyDemux(this.#s, skb);
    this.input(skb);
  }

  /** dst_input */
  input(skb: Skb): void {
    const dst = skb.dst as Dst;
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
        return;
      default:
        dst.input satisfies never;
    }
  }

  /** ip_error */
  #error(skb: Skb, dst: Dst): void {
    const dev = skb.dev as NetDevice;
    // ip_error: IP_INNOROUTES where nothing leads there, IP_INADDRERRORS where the host does not forward.
    const forwarding = this.#s.conf.dev4(dev.name, 'forwarding') !== 0;
    tellDrop(this.#s.net, skb, dst.error === 'ENETUNREACH' ? 'IP_INNOROUTES' : 'NOT_SPECIFIED', forwarding ? 'no route' : 'the host does not forward');
    if (!forwarding) return;
    const code = dst.error === 'EHOSTUNREACH' ? 1 : dst.error === 'ENETUNREACH' ? 0 : dst.error === 'EACCES' ? 13 : -1;
    if (code >= 0 && this.#s.icmp4.routeErrorAllowed(ip4Src(skb.data, skb.network))) this.#s.icmp4.send(skb, 3, code, 0);
  }

  /** ip_local_deliver */
  localDeliver(skb: Skb): void {
    const frag = u16(skb.data, skb.network + 6);
    if (frag & (IP_MF | IP_OFFSET)) {
      const complete = this.#s.fragments.defrag4(skb, 'local');
      this.#s.net.tracer?.event({ kind: 'defrag', skb, complete });
      if (!complete) return;
    }
    if (!this.#input.run(skb, skb.dev, null)) return;
    this.#s.net.tracer?.event({ kind: 'delivered', skb, proto: skb.data[skb.network + 9] });
    this.#s.local.deliver4(skb);
  }

  /** ip_route_input: by what was decided since routes, addresses and settings last changed. */
  #inputRoute(b: Uint8Array, o: number, dev: NetDevice, mark: number): Dst | DropReason {
    const { fib, conf } = this.#s,
      daddr = u32(b, o + 16) | 0,
      saddr = u32(b, o + 12) | 0,
      tos = b[o + 1];
    if (this.#fibVersion !== fib.version || this.#confVersion !== conf.version) {
      this.#routes.fill(null);
      this.#fibVersion = fib.version;
      this.#confVersion = conf.version;
    }
    const at = (Math.imul(daddr, 0x9e3779b1) ^ Math.imul(saddr, 0x85ebca6b)) >>> (32 - ROUTES_BITS);
    const known = this.#routes[at];
    if (known && known.daddr === daddr && known.saddr === saddr && known.tos === tos && known.dev === dev && known.mark === mark) return known.dst;
    const dst = this.inputRoute(ip4Dst(b, o), ip4Src(b, o), tos, dev, mark);
    if (typeof dst !== 'string') this.#routes[at] = { daddr, saddr, tos, dev, mark, dst };
    return dst;
  }

  /** ip_route_input_slow; a reason: dropped without a word. */
  inputRoute(daddr: Uint8Array, saddr: Uint8Array, tos: number, dev: NetDevice, mark: number): Dst | DropReason {
    const conf = this.#s.conf;
    if (isMulticast4(daddr)) return this.#multicastRoute(daddr, saddr, dev);
    const localnet = conf.or4(dev.name, 'route_localnet');
    if (isMulticast4(saddr) || isLimitedBroadcast(saddr)) return 'IP_INVALID_SOURCE';
    const broadcast = isLimitedBroadcast(daddr) || (isZero(daddr) && isZero(saddr));
    if (!broadcast) {
      if (isZero(saddr)) return 'IP_INVALID_SOURCE';
      if (isZero(daddr)) return 'IP_INVALID_DEST';
      if (!localnet && (isLoopback4(daddr) || isLoopback4(saddr))) return 'IP_LOCALNET';
      const hit = this.#s.fib.lookup(4, { daddr, saddr, mark, iif: dev.index, oif: 0, tos: tos & RT_TOS });
      const forwarding = conf.dev4(dev.name, 'forwarding') !== 0;
      if ('error' in hit) return this.#unreachable(forwarding ? hit.error : 'EHOSTUNREACH', dev);
      if (hit.route.type === 'local') {
        const valid = this.validateSource(saddr, daddr, tos, dev, mark, 0);
        if (typeof valid === 'string') return valid;
        return this.#localDst(hit, dev, false);
      }
      if (hit.route.type !== 'broadcast') {
        if (!forwarding) return this.#unreachable('EHOSTUNREACH', dev);
        if (hit.route.type !== 'unicast') return 'IP_INVALID_DEST';
        return this.#forwardDst(hit, daddr, saddr, tos, dev, mark);
      }
      if (conf.dev4('all', 'bc_forwarding') && conf.dev4(dev.name, 'bc_forwarding')) return this.#forwardDst(hit, daddr, saddr, tos, dev, mark);
    }
    const valid = isZero(saddr) ? 0 : this.validateSource(saddr, ANY, tos, dev, mark, 0);
    if (typeof valid === 'string') return valid;
    return {
      family: 4,
      input: 'local',
      type: 'broadcast',
      dev: this.#s.lo,
      gateway: null,
      error: null,
      route: null,
      broadcast: true,
      multicast: false,
      local: true,
      redirect: false,
      prefSrc: null,
    };
  }

  /** ip_route_input_mc: only the all-hosts group is joined. */
  #multicastRoute(daddr: Uint8Array, saddr: Uint8Array, dev: NetDevice): Dst | DropReason {
    const ours = daddr[0] === 224 && daddr[1] === 0 && daddr[2] === 0 && daddr[3] === 1;
    if (!ours) return 'NOT_SPECIFIED';
    if (isMulticast4(saddr) || isLimitedBroadcast(saddr)) return 'IP_INVALID_SOURCE';
    if (isLoopback4(saddr) && !this.#s.conf.or4(dev.name, 'route_localnet')) return 'IP_LOCALNET';
    if (isZero(saddr) && !(daddr[0] === 224 && daddr[1] === 0 && daddr[2] === 0)) return 'IP_INVALID_SOURCE';
    const valid = isZero(saddr) ? 0 : this.validateSource(saddr, ANY, 0, dev, 0, 0);
    if (typeof valid === 'string') return valid;
    return {
      family: 4,
      input: 'local',
      type: 'multicast',
      dev: this.#s.lo,
      gateway: null,
      error: null,
      route: null,
      broadcast: false,
      multicast: true,
      local: true,
      redirect: false,
      prefSrc: null,
    };
  }

  #unreachable(error: Errno, dev: NetDevice): Dst {
    return {
      family: 4,
      input: 'error',
      type: 'unreachable',
      dev,
      gateway: null,
      error,
      route: null,
      broadcast: false,
      multicast: false,
      local: false,
      redirect: false,
      prefSrc: null,
    };
  }

  #localDst(hit: FibHit, _dev: NetDevice, broadcast: boolean): Dst {
    return {
      family: 4,
      input: 'local',
      type: hit.route.type,
      dev: this.#s.lo,
      gateway: null,
      error: null,
      route: hit.route,
      broadcast,
      multicast: false,
      local: true,
      redirect: false,
      prefSrc: hit.route.src,
    };
  }

  /** __mkroute_input */
  #forwardDst(hit: FibHit, daddr: Uint8Array, saddr: Uint8Array, tos: number, dev: NetDevice, mark: number): Dst | DropReason {
    const out = this.#s.device(hit.hop.dev);
    if (!out) return 'NOT_SPECIFIED';
    const valid = this.validateSource(saddr, daddr, tos, dev, mark, out.index);
    if (typeof valid === 'string') return valid;
    const conf = this.#s.conf;
    const gateway = hit.hop.via;
    const redirect = out === dev && valid > 0 && (conf.or4(dev.name, 'shared_media') || this.#onLink(out, saddr, gateway ?? ANY)) && conf.or4(dev.name, 'send_redirects');
    return {
      family: 4,
      input: 'forward',
      type: 'unicast',
      dev: out,
      gateway,
      error: null,
      route: hit.route,
      broadcast: false,
      multicast: false,
      local: false,
      redirect,
      prefSrc: hit.route.src,
    };
  }

  /** inet_addr_onlink */
  #onLink(dev: NetDevice, a: Uint8Array, b: Uint8Array): boolean {
    return dev.addrs4.some((x) => prefixMatch(a, x.peer, x.len) && (isZero(b) || prefixMatch(b, x.peer, x.len)));
  }

  /** fib_validate_source: a reason to refuse it, 1 the source is on the link itself (RT_SCOPE_HOST next hop), 0 otherwise. */
  validateSource(saddr: Uint8Array, daddr: Uint8Array, tos: number, dev: NetDevice, mark: number, oif: number): DropReason | 0 | 1 {
    const conf = this.#s.conf;
    const rpf = conf.max4(dev.name, 'rp_filter');
    const acceptLocal = conf.or4(dev.name, 'accept_local');
    if (!rpf && (dev.index !== oif || !conf.or4(dev.name, 'send_redirects'))) {
      if (acceptLocal) return 0;
      // Own addresses as source from outside are martians even without a reverse path filter.
      if (this.#s.fib.rules(4).length === 3 && !this.#s.fib.customLocal) return this.#s.fib.addrType4(saddr) === 'local' && dev.type !== 'loopback' ? 'IP_LOCAL_SOURCE' : 0;
    }
    const flow = { daddr: saddr, saddr: daddr, mark: conf.or4(dev.name, 'src_valid_mark') ? mark : 0, iif: oif === 0 ? this.#s.lo.index : oif, oif: 0, tos: tos & RT_TOS };
    const hit = this.#s.fib.lookup(4, flow);
    if ('error' in hit) return rpf ? 'IP_RPFILTER' : 0;
    if (hit.route.type !== 'unicast') return hit.route.type === 'local' ? (acceptLocal ? 0 : 'IP_LOCAL_SOURCE') : 'IP_RPFILTER';
    if (hit.route.hops.some((h) => h.dev === dev.index)) return hit.hop.via === null ? 1 : 0;
    if (dev.addrs4.length === 0) return rpf ? 'IP_RPFILTER' : 0;
    if (rpf === 1) return 'IP_RPFILTER';
    const loose = this.#s.fib.lookup(4, { ...flow, oif: dev.index });
    return 'error' in loose || loose.route.type !== 'unicast' ? 0 : loose.hop.via === null ? 1 : 0;
  }

  // ---- forwarding ----

  /** ip_forward */
  forward(skb: Skb): void {
    const dst = skb.dst as Dst;
    if (skb.sk) {
      tellDrop(this.#s.net, skb, 'NOT_SPECIFIED', 'a socket was given it');
      return;
    }
    if (skb.pktType !== PACKET.host) {
      tellDrop(this.#s.net, skb, 'NOT_SPECIFIED', 'sent to all on the link');
      return;
    }
    forgetSum(skb);
    const b = skb.data,
      o = skb.network;
    if (b[o + 8] <= 1) {
      tellDrop(this.#s.net, skb, 'IP_INHDR', 'time to live exceeded');
      this.#s.icmp4.send(skb, 11, 0, 0);
      return;
    }
    if (skb.options4?.strict && dst.gateway) {
      this.#s.icmp4.send(skb, 3, 5, 0);
      return;
    }
    const mtu = this.forwardMtu(dst);
    const df = (u16(b, o + 6) & IP_DF) !== 0;
    // ip_exceeds_mtu: what was put together from fragments that fit goes out in pieces again.
    if (df && (skb.fragMaxSize ? skb.fragMaxSize > mtu : b.length - o > mtu)) {
      tellDrop(this.#s.net, skb, 'PKT_TOO_BIG', `${b.length - o} bytes, ${mtu} fit`);
      this.#s.icmp4.send(skb, 3, 4, mtu);
      return;
    }
    this.decreaseTtl(skb);
    if (dst.redirect) this.#s.icmp4.redirect(skb, dst);
    if (this.#updatesPriority()) skb.priority = tosPriority(b[o + 1]);
    if (!this.#forward.run(skb, skb.dev, dst.dev)) return;
    if (skb.options4) this.options.forward(skb, skb.dst as Dst);
    this.output(skb, skb.dst as Dst);
  }

  #updatesPriority(): boolean {
    const { conf } = this.#s;
    if (this.#priorityVersion !== conf.version) {
      this.#priorityVersion = conf.version;
      this.#priority = conf.v4('ip_forward_update_priority') !== 0;
    }
    return this.#priority;
  }

  decreaseTtl(skb: Skb): void {
    const b = skb.data,
      o = skb.network;
    let sum = u16(b, o + 10) + 0x0100;
    sum += sum >= 0xffff ? 1 : 0;
    put16(b, o + 10, sum & 0xffff);
    b[o + 8]--;
  }

  forwardMtu(dst: Dst): number {
    return dst.route?.mtu || Math.min(dst.dev.mtu, 0xffff);
  }

  // ---- output ----

  /** inet_select_addr */
  selectAddr(dev: NetDevice, dst: Uint8Array | null, scope: number): Uint8Array {
    let first: Uint8Array | null = null;
    for (const a of dev.addrs4) {
      if (a.secondary || a.scope > scope) continue;
      if (!dst || prefixMatch(dst, a.peer, a.len)) return a.local;
      first ??= a.local;
    }
    if (first) return first;
    for (const d of this.#s.devices) for (const a of d.addrs4) if (!a.secondary && a.scope !== 253 && a.scope <= scope) return a.local;
    return ANY;
  }

  /** ip_route_output_key: the route of a packet that the host sends, and the source address it would take. */
  outputRoute(daddr: Uint8Array, saddr: Uint8Array | null, o: { mark: number; oif: number; tos: number; anySource?: boolean }): { dst: Dst; saddr: Uint8Array } | { error: Errno } {
    const s = this.#s;
    const any = !saddr || isZero(saddr);
    const base = { family: 4 as const, gateway: null, error: null, route: null, redirect: false, prefSrc: null };
    if (!any && !o.anySource && s.fib.addrType4(saddr as Uint8Array) !== 'local') return { error: 'EINVAL' };
    if (o.oif && (isMulticast4(daddr) || isLimitedBroadcast(daddr))) {
      const dev = s.device(o.oif);
      if (!dev) return { error: 'ENODEV' };
      return {
        dst: {
          ...base,
          input: 'forward',
          type: isMulticast4(daddr) ? 'multicast' : 'broadcast',
          dev,
          broadcast: !isMulticast4(daddr),
          multicast: isMulticast4(daddr),
          local: false,
        },
        saddr: any ? this.selectAddr(dev, null, 253) : (saddr as Uint8Array),
      };
    }
    const target = isZero(daddr) ? Uint8Array.of(127, 0, 0, 1) : daddr;
    const hit = s.fib.lookup(4, { daddr: target, saddr: any ? null : saddr, mark: o.mark, iif: s.lo.index, oif: o.oif, tos: o.tos & RT_TOS });
    if ('error' in hit) {
      // The routing tables are taken to be wrong where the device is known: the destination is on its link.
      const dev = s.device(o.oif);
      if (!dev?.up) return { error: hit.error };
      const src = any ? this.selectAddr(dev, null, 253) : (saddr as Uint8Array);
      if (isLoopback4(src) && dev.type !== 'loopback' && !s.conf.or4(dev.name, 'route_localnet')) return { error: 'EINVAL' };
      return { dst: { ...base, input: 'forward', type: 'unicast', dev, broadcast: false, multicast: false, local: false }, saddr: src };
    }
    const type = hit.route.type;
    if (type === 'local') {
      const src = any ? (hit.route.src ?? target) : (saddr as Uint8Array);
      return { dst: { ...base, input: 'local', type, dev: s.lo, route: hit.route, broadcast: false, multicast: false, local: true }, saddr: src };
    }
    const dev = s.device(hit.hop.dev);
    if (!dev) return { error: 'ENETUNREACH' };
    const src = any ? (hit.route.src ?? this.selectAddr(dev, hit.hop.via ?? target, hit.route.scope)) : (saddr as Uint8Array);
    // __mkroute_output
    if (isLoopback4(src) && dev.type !== 'loopback' && !s.conf.or4(dev.name, 'route_localnet')) return { error: 'EINVAL' };
    const multicast = isMulticast4(target),
      broadcast = type === 'broadcast' || isLimitedBroadcast(target);
    return {
      dst: {
        ...base,
        input: 'forward',
        type: multicast ? 'multicast' : broadcast ? 'broadcast' : type,
        dev,
        // __mkroute_output: a default route says nothing of where groups are.
        gateway: broadcast || (multicast && hit.route.len < 4) ? null : hit.hop.via,
        route: hit.route,
        prefSrc: hit.route.src,
        broadcast,
        multicast,
        local: false,
      },
      saddr: src,
    };
  }

  /** ip_local_out: `skb.data` starts with a complete IP header at `network`. False: an output hook dropped it. */
  localOut(skb: Skb): boolean {
    const dst = skb.dst as Dst;
    skb.protocol = ETH.IP;
    put16(skb.data, skb.network + 2, skb.data.length - skb.network);
    ip4Check(skb.data, skb.network);
    if (!this.#output.run(skb, null, dst.dev)) return false;
    return this.output(skb, skb.dst as Dst);
  }

  /** ip_output, ip_mc_output */
  output(skb: Skb, dst: Dst): boolean {
    const input = skb.dev;
    skb.dev = dst.dev;
    skb.head = skb.network;
    if ((dst.broadcast || (dst.multicast && skb.data[skb.network + 8] !== 0)) && !dst.local && dst.input === 'forward' && input === null) {
      const copy = dst.broadcast ? skb.clone() : null;
      if (copy) {
        tellMade(this.#s.net, copy, skb, 'copy');
        this.#finishLoop(copy, dst);
      }
      if (dst.multicast && skb.data[skb.network + 8] === 0) return true;
    }
    if (!this.#postrouting.run(skb, input, dst.dev)) return false;
    this.finishOutput(skb, skb.dst ?? dst);
    return true;
  }

  /** ip_mc_finish_output: the sender's own copy of a broadcast. */
  #finishLoop(skb: Skb, dst: Dst): void {
    if (!this.#postrouting.run(skb, null, dst.dev)) return;
    skb.head = skb.network;
    const back = skb.clone();
    tellMade(this.#s.net, back, skb, 'copy');
    // It keeps its route, which delivers here (RTCF_LOCAL): its source is not looked at.
    back.dst = { ...dst, input: 'local' };
    back.pktType = PACKET.loopback;
    back.dev = dst.dev;
    back.sk = null;
    this.#s.loopBack(back);
  }

  /** ip_finish_output */
  finishOutput(skb: Skb, dst: Dst): void {
    const mtu = dst.local ? dst.dev.mtu : this.forwardMtu(dst);
    const len = skb.data.length - skb.network;
    if (len <= mtu && !skb.fragMaxSize) {
      this.toNeighbour(skb, dst);
      return;
    }
    this.#fragment(skb, dst, mtu);
  }

  toNeighbour(skb: Skb, dst: Dst): void {
    if (dst.gateway?.length === 4) this.#s.neighbours.output4(skb, dst.dev, dst.gateway, 0);
    else if (dst.gateway) this.#s.neighbours.output(skb, dst.dev, dst.gateway);
    else this.#s.neighbours.output4(skb, dst.dev, skb.data, skb.network + 16);
  }

  /** ip_fragment */
  #fragment(skb: Skb, dst: Dst, outMtu: number): void {
    const b = skb.data,
      o = skb.network;
    const frag = u16(b, o + 6);
    if (frag & IP_DF && ((skb.fragMaxSize === 0 && !skb.ignoreDf) || skb.fragMaxSize > outMtu)) {
      tellDrop(this.#s.net, skb, 'PKT_TOO_BIG', `${b.length - o} bytes, ${outMtu} fit`);
      this.#s.icmp4.send(skb, 3, 4, outMtu);
      return;
    }
    this.cut(skb, skb.fragMaxSize && skb.fragMaxSize < outMtu ? skb.fragMaxSize : outMtu, (piece) => {
      this.toNeighbour(piece, dst);
    });
  }

  /** ip_do_fragment */
  cut(skb: Skb, largest: number, emit: (piece: Skb) => void): void {
    const b = skb.data,
      o = skb.network,
      ihl = ip4HeaderLen(b, o),
      frag = u16(b, o + 6),
      mtu = largest - ihl;
    const total = b.length - o - ihl;
    const sizes = skb.fragSizes;
    const asCame = sizes !== null && sizes.reduce((n, x) => n + x, 0) === total && sizes.every((n, i) => n <= mtu && (i === sizes.length - 1 || (n & 7) === 0));
    const pieces = asCame ? sizes : slices(total, mtu);
    let at = 0;
    this.#s.net.tracer?.event({ kind: 'cut', skb, pieces: pieces.length });
    for (const [i, size] of pieces.entries()) {
      const piece = skb.clone();
      tellMade(this.#s.net, piece, skb, 'fragment');
      // Options that nobody has read (of a sender who makes headers of its own) stay.
      const head = i === 0 || !skb.options4 ? b.slice(o, o + ihl) : laterHeader(b, o, ihl);
      piece.data = new Uint8Array(head.length + size);
      piece.data.set(head);
      piece.data.set(b.subarray(o + ihl + at, o + ihl + at + size), head.length);
      piece.mac = -1;
      piece.network = 0;
      piece.head = 0;
      piece.transport = head.length;
      piece.fragSizes = null;
      piece.fragMaxSize = 0;
      const more = i < pieces.length - 1 || (frag & IP_MF) !== 0;
      put16(piece.data, 2, piece.data.length);
      // Pieces that go as they came lose the flag (ip_fraglist_init); those cut anew keep it.
      put16(piece.data, 6, (asCame || skb.ignoreDf ? 0 : frag & IP_DF) | (more ? IP_MF : 0) | ((frag & IP_OFFSET) + (at >> 3)));
      ip4Check(piece.data, 0);
      emit(piece);
      at += size;
    }
  }

  /** ip_route_me_harder: addresses or mark of a local packet changed, so where does it go now? */
  reroute(skb: Skb): boolean {
    const b = skb.data,
      o = skb.network;
    const saddr = ip4Src(b, o),
      type = this.#s.fib.addrType4(saddr);
    const r = this.outputRoute(ip4Dst(b, o), type === 'local' || type === 'unicast' ? saddr : null, { mark: skb.mark, oif: 0, tos: b[o + 1], anySource: true });
    const { tracer } = this.#s.net;
    if ('error' in r) {
      tracer?.event({ kind: 'route', skb, when: 'reroute', dst: null, reason: r.error });
      return false;
    }
    tracer?.event({ kind: 'route', skb, when: 'reroute', dst: r.dst, reason: null });
    skb.dst = r.dst;
    return true;
  }

  /** raw_sendmsg with IP_HDRINCL; the errno a sender would see, or null. */
  sendRaw(bytes: Uint8Array, about: PacketAbout = {}): Errno | null {
    const skb = new Skb(bytes.slice());
    const b = skb.data;
    const ihl = ip4HeaderLen(b, 0);
    if (b.length < 20 || ihl > b.length) return 'EINVAL';
    const r = this.outputRoute(ip4Dst(b, 0), null, { mark: about.mark ?? 0, oif: 0, tos: 0 });
    if ('error' in r) return r.error;
    // Its socket has no SO_BROADCAST.
    if (r.dst.broadcast) return 'EACCES';
    if (b.length > this.forwardMtu(r.dst)) return 'EMSGSIZE';
    if (isZero(b.subarray(12, 16))) b.set(r.saddr, 12);
    if (u16(b, 4) === 0) put16(b, 4, this.randomId());
    put16(b, 2, b.length);
    ip4Check(b, 0);
    skb.transport = ihl;
    skb.l4proto = b[9];
    skb.fragOffset = (u16(b, 6) & IP_OFFSET) * 8;
    skb.protocol = ETH.IP;
    skb.sk = senderSocket(about);
    skb.mark = about.mark ?? 0;
    skb.priority = about.priority ?? 0;
    skb.dst = r.dst;
    tellMade(this.#s.net, skb, null, 'send');
    this.#s.net.tracer?.event({ kind: 'route', skb, when: 'output', dst: r.dst, reason: null });
    if (!this.#output.run(skb, null, r.dst.dev)) return 'EPERM';
    return this.output(skb, skb.dst as Dst) ? null : 'EPERM';
  }

  randomId(): number {
    return 1 + this.#s.net.random.below(0xffff);
  }

  /** Is this one of our addresses, whatever the device? */
  isLocal(addr: Uint8Array): boolean {
    return this.#s.devices.some((d) => d.addrs4.some((a) => sameBytes(a.local, addr)));
  }
}

/** rt_tos2priority */
const TOS_PRIO = [0, 1, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4];
export const tosPriority = (tos: number): number => TOS_PRIO[(tos >> 1) & 15];

const slices = (total: number, mtu: number): number[] => {
  const out: number[] = [];
  for (let left = total; left > 0; ) {
    const n = left > mtu ? mtu & ~7 : left;
    out.push(n);
    left -= n;
  }
  return out.length ? out : [0];
};

/** ip_options_fragment: options without the copy bit become no-operations after the first fragment. */
function laterHeader(b: Uint8Array, o: number, ihl: number): Uint8Array {
  const h = b.slice(o, o + ihl);
  for (let i = 20; i < ihl; ) {
    const type = h[i];
    if (type === 0) break;
    if (type === 1) {
      i++;
      continue;
    }
    const len = h[i + 1];
    if (len < 2 || i + len > ihl) break;
    if (!(type & 0x80)) h.fill(1, i, i + len);
    i += len;
  }
  return h;
}
