import { confirm } from '../conntrack/packet.ts';
import { IPS } from '../conntrack/entry.ts';
import type { HookState } from '../net/hook-state.ts';
import type { HookName } from '../net/hook.ts';
import { PACKET } from '../net/skb.ts';
import type { BridgeInfo, Skb } from '../net/skb.ts';
import { sameBytes, u16 } from '../net/wire/bytes.ts';
import { ETH, IPPROTO, IP_DF, ip4Dst, ip4Src, ip6Dst, ip6Src } from '../net/wire/ip.ts';
import { tellDrop } from '../trace/tell.ts';
import type { NetDevice } from './device.ts';
import type { Dst } from './fib.ts';
import type { HookFn, HookVerdict } from './hooks.ts';
import type { Stack } from './stack.ts';

const LAST = 0x7fffffff;
const IPV6_HEADER = 40;

type Pf = 'ip' | 'ip6';
/** What is in a VLAN stays there (bridge-nf-filter-vlan-tagged is off). */
const protocolOf = (skb: Skb): number => (skb.vlanTci < 0 ? skb.protocol : ETH.VLAN);
const FAMILIES = new Map<number, Pf>([
  [ETH.IP, 'ip'],
  [ETH.IPV6, 'ip6'],
]);
const familyOf = (skb: Skb): Pf | undefined => FAMILIES.get(protocolOf(skb));
const destination = (skb: Skb, pf: Pf): Uint8Array => (pf === 'ip' ? ip4Dst(skb.data, skb.network) : ip6Dst(skb.data, skb.network));

/**
 * br_netfilter: what a bridge carries passes the hooks of IPv4, IPv6 and ARP too, unless net.bridge.bridge-nf-call-* say no
 * (net/bridge/br_netfilter_hooks.c, br_netfilter_ipv6.c). It stands at the bridge family's own hooks.
 */
export class BridgeNetfilter {
  readonly #s: Stack;
  readonly #places: readonly (readonly [HookName, HookFn])[] = [
    ['prerouting', { priority: 0, run: (skb, state) => this.#prerouting(skb, state) }],
    ['forward', { priority: -1, run: (skb, state) => this.#forward(skb, state) }],
    ['postrouting', { priority: LAST, run: (skb, state) => this.#postrouting(skb, state) }],
    ['input', { priority: LAST, run: (skb) => this.#input(skb) }],
  ];
  /** The route that bridged packets have, which leads nowhere (br_netfilter_rtable_init). */
  readonly #routes = new Map<string, Dst>();

  constructor(stack: Stack) {
    this.#s = stack;
  }

  register(): void {
    for (const [hook, fn] of this.#places) this.#s.hooks.register('bridge', hook, fn);
  }

  #route(br: NetDevice, pf: Pf): Dst {
    const key = `${pf} ${br.index}`;
    const known = this.#routes.get(key);
    if (known?.dev === br) return known;
    const family = pf === 'ip' ? 4 : 6;
    const made: Dst = {
      family,
      input: 'forward',
      type: 'unicast',
      dev: br,
      gateway: null,
      error: null,
      route: null,
      broadcast: false,
      multicast: false,
      local: false,
      redirect: false,
      prefSrc: null,
    };
    this.#routes.set(key, made);
    return made;
  }

  /** br_drop_fake_rtable */
  dropRoute(skb: Skb): void {
    if (skb.dst && skb.dst === this.#routes.get(`${skb.dst.family === 4 ? 'ip' : 'ip6'} ${skb.dst.dev.index}`)) skb.dst = null;
  }

  #bridgeOf(port: NetDevice | null): NetDevice | null {
    return port === null ? null : (this.#s.device(port.master) ?? null);
  }

  #on(pf: Pf | 'arp'): boolean {
    return this.#s.conf.bridge(`bridge-nf-call-${pf}tables`);
  }

  /** br_validate_ipv4, br_validate_ipv6: tells a packet that is dropped. */
  #valid(skb: Skb, pf: Pf): boolean {
    const bad = pf === 'ip' ? this.#s.ip4.insane(skb) !== null : !this.#valid6(skb);
    if (bad) tellDrop(this.#s.net, skb, 'IP_INHDR', 'on a bridge');
    return !bad;
  }

  #valid6(skb: Skb): boolean {
    const b = skb.data,
      o = skb.network;
    if (b.length < o + IPV6_HEADER || b[o] >> 4 !== 6) return false;
    const end = o + IPV6_HEADER + u16(b, o + 4);
    if (end > o + IPV6_HEADER || b[o + 6] !== IPPROTO.HOPOPTS) {
      if (end > b.length) return false;
      if (end < b.length) skb.data = b.subarray(0, end);
    }
    this.#s.ip6.locate(skb);
    return true;
  }

  /** setup_pre_routing and its like: the hooks of IP see no packet as somebody else's. */
  #claim(skb: Skb, info: BridgeInfo): void {
    if (skb.pktType !== PACKET.otherhost) return;
    skb.pktType = PACKET.host;
    info.otherhost = true;
  }

  #disclaim(skb: Skb, info: BridgeInfo): void {
    if (info.otherhost) skb.pktType = PACKET.otherhost;
    info.otherhost = false;
  }

  /** br_nf_pre_routing */
  #prerouting(skb: Skb, state: HookState): HookVerdict {
    const pf = familyOf(skb),
      port = state.in,
      br = this.#bridgeOf(port);
    if (!pf || !port || !br || !this.#on(pf)) return 'accept';
    if (!this.#valid(skb, pf)) return 'stolen';
    skb.bridge = { physIn: port, physOut: null, otherhost: false, translated: false, linkSource: null };
    this.#claim(skb, skb.bridge);
    skb.dev = br;
    const before = destination(skb, pf);
    if (!this.#s.hooks.run(pf, 'prerouting', skb, br, null)) return 'stolen';
    // What was put together is the first piece, and came in where that did.
    const info = skb.bridge;
    this.#disclaim(skb, info);
    if (sameBytes(before, destination(skb, pf))) skb.dst = this.#route(br, pf);
    else if (!this.#translated(skb, info, pf, br)) return 'stolen';
    skb.dev = info.physIn;
    return 'accept';
  }

  /** The second half of br_nf_pre_routing_finish: where does a new destination lie? */
  #translated(skb: Skb, info: BridgeInfo, pf: Pf, br: NetDevice): boolean {
    const b = skb.data,
      o = skb.network;
    const dst = pf === 'ip' ? this.#s.ip4.inputRoute(ip4Dst(b, o), ip4Src(b, o), b[o + 1], br, skb.mark) : this.#s.ip6.inputRoute(ip6Dst(b, o), ip6Src(b, o), br, skb.mark);
    if (typeof dst === 'string' || (pf === 'ip6' && dst.error)) {
      tellDrop(this.#s.net, skb, typeof dst === 'string' ? dst : 'NOT_SPECIFIED', 'no way to its new destination');
      return false;
    }
    skb.dst = dst;
    if (dst.dev === br && dst.input === 'forward') info.translated = true;
    else {
      skb.data.set(br.mac, skb.mac);
      skb.pktType = PACKET.host;
    }
    return true;
  }

  /** br_nf_pre_routing_finish_bridge: the new destination is behind the same bridge, and its neighbour entry says which address. */
  findNeighbour(skb: Skb, info: BridgeInfo, br: NetDevice): void {
    const dst = skb.dst as Dst;
    info.linkSource = skb.data.slice(skb.mac + 6, skb.mac + 12);
    skb.dev = br;
    this.#s.neighbours.output(skb, br, dst.gateway ?? destination(skb, skb.protocol === ETH.IP ? 'ip' : 'ip6'));
  }

  /** br_nf_pre_routing_finish_bridge_slow: back from the neighbour code; null: not one of these. */
  foundNeighbour(skb: Skb): NetDevice | null {
    const { bridge: info } = skb;
    if (!info?.linkSource) return null;
    skb.data.set(info.linkSource, skb.mac + 6);
    info.linkSource = null;
    info.translated = false;
    skb.dev = info.physIn;
    skb.head = skb.network;
    return info.physIn;
  }

  /** br_nf_forward_ip, br_nf_forward_arp */
  #forward(skb: Skb, state: HookState): HookVerdict {
    if (protocolOf(skb) === ETH.ARP) return this.#forwardArp(skb, state);
    const pf = familyOf(skb),
      info = skb.bridge;
    if (!pf || !info) return 'accept';
    this.#claim(skb, info);
    if (!this.#valid(skb, pf)) return 'stolen';
    info.physOut = state.out;
    if (!this.#s.hooks.run(pf, 'forward', skb, this.#bridgeOf(state.in), this.#bridgeOf(state.out))) return 'stolen';
    this.#disclaim(skb, info);
    return 'accept';
  }

  #forwardArp(skb: Skb, state: HookState): HookVerdict {
    if (!this.#on('arp') || skb.data.length < skb.network + 8 || skb.data[skb.network + 5] !== 4) return 'accept';
    return this.#s.hooks.run('arp', 'forward', skb, state.in, state.out) ? 'accept' : 'stolen';
  }

  /** br_nf_post_routing */
  #postrouting(skb: Skb, state: HookState): HookVerdict {
    const pf = familyOf(skb),
      info = skb.bridge,
      port = state.out;
    // Without a port of its own it was routed here, and has passed these hooks.
    if (!pf || !port || !info?.physOut) return 'accept';
    this.#claim(skb, info);
    if (!this.#s.hooks.run(pf, 'postrouting', skb, null, this.#bridgeOf(port))) return 'stolen';
    this.#disclaim(skb, info);
    return this.#leave(skb, pf, port);
  }

  /** br_nf_dev_queue_xmit: what was put together goes in pieces again. */
  #leave(skb: Skb, pf: Pf, port: NetDevice): HookVerdict {
    const len = skb.data.length - skb.network;
    skb.bridge = null;
    if (len <= Math.min(port.mtu, skb.fragMaxSize || port.mtu)) return 'accept';
    const mtu = (skb.dst as Dst).dev.mtu;
    const whole = pf === 'ip' && (u16(skb.data, skb.network + 6) & IP_DF) !== 0 && skb.fragMaxSize === 0;
    if (whole || skb.fragMaxSize > mtu) {
      tellDrop(this.#s.net, skb, 'NOT_SPECIFIED', `${len} bytes, ${mtu} fit`);
      return 'stolen';
    }
    const dst = skb.data.slice(skb.mac, skb.mac + 6),
      src = skb.data.slice(skb.mac + 6, skb.mac + 12),
      type = skb.protocol;
    const stack = pf === 'ip' ? this.#s.ip4 : this.#s.ip6;
    stack.cut(skb, Math.min(mtu, skb.fragMaxSize || mtu), (piece) => {
      this.#s.header(piece, port, dst, type, src);
      piece.head = piece.network;
      this.#s.bridge.push(piece, port);
    });
    return 'stolen';
  }

  /** br_nf_local_in: what comes to all on the link may have left by no port, so nobody has confirmed its connection. */
  #input(skb: Skb): HookVerdict {
    const { ct } = skb;
    if (!ct || skb.pktType === PACKET.host || ct.status & IPS.CONFIRMED) return 'accept';
    return confirm(skb, this.#s.net);
  }
}
