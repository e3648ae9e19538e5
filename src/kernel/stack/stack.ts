import type { Errno } from '../errno.ts';
import { Skb, PACKET } from '../net/skb.ts';
import type { PacketAbout } from '../net/skb.ts';
import { concat, put16, sameBytes, u16 } from '../net/wire/bytes.ts';
import { finishSum } from '../net/transport-sum.ts';
import { ETH } from '../net/wire/ip.ts';
import { Nat } from '../nat/core.ts';
import type { Netns } from '../netns.ts';
import { identify, tellDrop } from '../trace/tell.ts';
import { Arp } from './arp.ts';
import { Bridge } from './bridge.ts';
import { BridgeNetfilter } from './bridge-netfilter.ts';
import { StackConf } from './conf.ts';
import { ARPHRD } from './device.ts';
import type { DeviceType, NetDevice } from './device.ts';
import { Fib, RT_SCOPE } from './fib.ts';
import { Fragments } from './fragments.ts';
import { Hooks } from './hooks.ts';
import type { HookPoint } from './hooks.ts';
import { Icmp4 } from './icmp4.ts';
import { Icmp6 } from './icmp6.ts';
import { Ip4 } from './ip4.ts';
import { IP6_MIN_MTU, Ip6 } from './ip6.ts';
import { LocalHost } from './local.ts';
import { Ndisc } from './ndisc.ts';
import { Neighbours } from './neighbour.ts';
import { Sockets } from './sockets.ts';
import { RulesetHooks } from './ruleset-hooks.ts';
import { packetServices } from './services.ts';
import { Timers } from './timers.ts';

export interface EmittedFrame {
  readonly iface: string;
  readonly frame: Uint8Array;
}

const SLAB = 8192;
const MAX_ROUNDS = 10_000;
const BROADCAST_MAC = Uint8Array.of(255, 255, 255, 255, 255, 255);

/** The network stack of a namespace: devices and everything a frame meets between them. */
export class Stack {
  readonly net: Netns;
  readonly #devices = new Map<number, NetDevice>();
  #nextIndex = 1;
  readonly conf: StackConf;
  readonly fib: Fib;
  readonly hooks: Hooks;
  readonly timers = new Timers();
  readonly neighbours: Neighbours;
  readonly fragments: Fragments;
  readonly ip4: Ip4;
  readonly ip6: Ip6;
  readonly icmp4: Icmp4;
  readonly icmp6: Icmp6;
  readonly arp: Arp;
  readonly ndisc: Ndisc;
  readonly local: LocalHost;
  readonly sockets: Sockets;
  readonly bridge: Bridge;
  readonly bridgeNetfilter: BridgeNetfilter;
  readonly nat: Nat;
  readonly rulesetHooks: RulesetHooks;
  readonly lo: NetDevice;
  #emitted: EmittedFrame[] = [];
  readonly #backlog: Skb[] = [];
  readonly #ingress: HookPoint;
  readonly #egress: HookPoint;
  #running = false;
  /** Counts what happens one after the other: the jiffy as the kernel's caches see it. */
  jiffy = 0;
  /** When a list of counted connections last got one (nf_conncount_list.last_gc). */
  readonly countedIn = new WeakMap<object, number>();
  /** A process is in its system call: what it makes arrive here is handled at once (netif_rx with bottom halves on). */
  #sending = false;
  #slab = new ArrayBuffer(0);
  #slabUsed = SLAB;

  constructor(net: Netns) {
    this.net = net;
    this.conf = new StackConf(() => [...this.#devices.values()].map((d) => d.name));
    this.fib = new Fib(
      () => this.#devices.values(),
      (i) => this.#devices.get(i),
    );
    this.conf.onDisable6 = (name) => {
      const dev = this.deviceByName(name);
      if (dev) this.#switch6(dev, !this.conf.dev6(name, 'disable_ipv6'));
    };
    this.fib.forwarding6 = () => this.conf.v6('conf.all.forwarding') !== 0;
    this.hooks = new Hooks(net);
    this.#ingress = this.hooks.at('netdev', 'ingress');
    this.#egress = this.hooks.at('netdev', 'egress');
    this.neighbours = new Neighbours(this);
    this.fragments = new Fragments(this);
    this.ip4 = new Ip4(this);
    this.ip6 = new Ip6(this);
    this.icmp4 = new Icmp4(this);
    this.icmp6 = new Icmp6(this);
    this.arp = new Arp(this);
    this.ndisc = new Ndisc(this);
    this.local = new LocalHost(this);
    this.sockets = new Sockets(this);
    this.bridge = new Bridge(this);
    this.bridgeNetfilter = new BridgeNetfilter(this);
    this.nat = new Nat(net);
    this.rulesetHooks = new RulesetHooks(this);
    net.nft.services = packetServices(this);
    this.lo = this.addDevice('lo', 'loopback', { mac: new Uint8Array(6), mtu: 65536 });
    this.setUp(this.lo, true);
  }

  // ---- devices ----

  get devices(): NetDevice[] {
    return [...this.#devices.values()];
  }
  device(index: number): NetDevice | undefined {
    return this.#devices.get(index);
  }
  deviceByName(name: string): NetDevice | undefined {
    for (const d of this.#devices.values()) if (d.name === name) return d;
    return undefined;
  }

  addDevice(name: string, type: DeviceType, o: { mac?: Uint8Array; mtu?: number; kind?: string; vlan?: { lower: number; id: number }; index?: number } = {}): NetDevice {
    const index = o.index ?? this.#nextIndex;
    this.#nextIndex = Math.max(this.#nextIndex, index) + 1;
    const plain = type === 'tun';
    const dev: NetDevice = {
      index,
      name,
      type,
      arphrd: type === 'loopback' ? ARPHRD.LOOPBACK : plain ? ARPHRD.NONE : ARPHRD.ETHER,
      mac: o.mac ?? (plain ? new Uint8Array(0) : this.#randomMac()),
      macSet: o.mac !== undefined,
      mtu: o.mtu ?? 1500,
      up: false,
      group: 0,
      master: 0,
      ports: [],
      kind: o.kind ?? (type === 'ethernet' || type === 'loopback' ? '' : type),
      vlan: o.vlan,
      addrs4: [],
      addrs6: [],
      promisc: false,
      noarp: plain || type === 'loopback' || type === 'dummy',
      fdb: new Map(),
      snooping: true,
      txqlen: plain ? 500 : 1000,
    };
    this.#devices.set(index, dev);
    this.conf.addDevice(name, dev.mtu);
    return dev;
  }

  #randomMac(): Uint8Array {
    const r = this.net.random;
    const mac = Uint8Array.from({ length: 6 }, () => r.below(256));
    mac[0] = (mac[0] & 0xfe) | 2;
    return mac;
  }

  removeDevice(dev: NetDevice): void {
    this.setUp(dev, false);
    this.setMaster(dev, null);
    this.#devices.delete(dev.index);
    for (const d of this.#devices.values()) if (d.master === dev.index) d.master = 0;
    this.conf.removeDevice(dev.name);
    this.neighbours.flushDevice(dev.index);
    this.fib.invalidate();
  }

  /** Into a bridge, or out of the one it is in. */
  setMaster(dev: NetDevice, bridge: NetDevice | null): void {
    const old = this.#devices.get(dev.master);
    if (old) old.ports = old.ports.filter((i) => i !== dev.index);
    dev.master = bridge?.index ?? 0;
    if (bridge) bridge.ports = [dev.index, ...bridge.ports];
  }

  /** fib_disable_ip: with its last address a device loses its routes and neighbours. */
  disableIp4(dev: NetDevice): void {
    this.fib.deviceDown(dev.index, 4);
    this.neighbours.flushDevice(dev.index, 4);
  }

  /** dev_open, dev_close and what the address families do on it. */
  setUp(dev: NetDevice, up: boolean): void {
    if (dev.up === up) return;
    dev.up = up;
    if (!up) {
      this.fib.deviceDown(dev.index);
      this.nat.deviceDown(dev.index);
      this.neighbours.flushDevice(dev.index);
    } else if (dev.type === 'loopback') {
      const one = Uint8Array.of(127, 0, 0, 1);
      if (dev.addrs4.length === 0) dev.addrs4.push({ local: one, peer: one, len: 8, broadcast: null, label: dev.name, scope: RT_SCOPE.host, secondary: false });
    }
    this.#switch6(dev, up);
    this.fib.invalidate();
  }

  /** addrconf_notify (NETDEV_CHANGEMTU): IPv6 ends on a device too small for it, and starts again without its addresses. */
  setMtu(dev: NetDevice, mtu: number): void {
    const small = dev.mtu < IP6_MIN_MTU;
    dev.mtu = mtu;
    this.conf.set(`ipv6.conf.${dev.name}.mtu`, mtu);
    if (small !== mtu < IP6_MIN_MTU) this.#switch6(dev, small);
    this.fib.invalidate();
  }

  /** addrconf_ifdown: addresses, routes and neighbours go; addrconf_dev_config: the device's own address comes. */
  #switch6(dev: NetDevice, on: boolean): void {
    if (!on) {
      this.fib.deviceDown(dev.index, 6);
      this.neighbours.flushDevice(dev.index, 6);
      dev.addrs6.length = 0;
    } else if (dev.up && dev.mtu >= IP6_MIN_MTU && !this.conf.dev6(dev.name, 'disable_ipv6')) {
      if (dev.type === 'loopback') dev.addrs6.push({ addr: Uint8Array.of(...new Uint8Array(15), 1), len: 128, scope: RT_SCOPE.host, flags: ['permanent'], kernel: true });
      else this.#linkLocal(dev);
    }
    this.fib.invalidate();
  }

  /** addrconf_dev_config: the link-local address from the MAC (EUI-64); devices without one get a random stable one. */
  #linkLocal(dev: NetDevice): void {
    const addr = new Uint8Array(16);
    addr[0] = 0xfe;
    addr[1] = 0x80;
    if (dev.mac.length === 6) {
      addr.set(dev.mac.subarray(0, 3), 8);
      addr[8] ^= 2;
      addr[11] = 0xff;
      addr[12] = 0xfe;
      addr.set(dev.mac.subarray(3), 13);
    } else for (let i = 8; i < 16; i++) addr[i] = this.net.random.below(256);
    dev.addrs6.push({ addr, len: 64, scope: RT_SCOPE.link, flags: ['permanent'], kernel: true });
  }

  // ---- the outside ----

  /** What left since the last call. */
  take(): EmittedFrame[] {
    const out = this.#emitted;
    this.#emitted = [];
    return out;
  }

  /** A frame (or, of a tun, an IP packet) arrives on a device. The bytes stay the caller's. */
  inject(name: string, bytes: Uint8Array, about?: PacketAbout): void {
    const dev = this.deviceByName(name);
    if (!dev) throw new Error(`no such device: ${name}`);
    this.receive(dev, this.#copy(bytes), about);
  }

  /** The same without the copy: the bytes are the model's from now on, and may be those of a frame that leaves. */
  receive(dev: NetDevice, bytes: Uint8Array, about?: PacketAbout): void {
    if (!dev.up) return;
    if (this.#running) {
      this.arrive(dev, bytes, about);
      return;
    }
    this.#begin();
    try {
      this.arrive(dev, bytes, about);
      this.#work();
    } finally {
      this.#end();
    }
  }

  /** What is on the backlog, and what that puts there; what goes round without end (a copy to the host itself that is copied again) is dropped. */
  #work(): void {
    for (let left = this.#backlog.length + MAX_ROUNDS; this.#backlog.length > 0; left--) {
      const skb = this.#backlog.shift() as Skb;
      if (left > 0) this.netifReceive(skb);
      else tellDrop(this.net, skb, 'CPU_BACKLOG', 'went round too often');
    }
  }

  /** A private copy; small ones share a buffer, since one of its own costs more than the way through the model. */
  #copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > 512) return bytes.slice();
    if (this.#slabUsed + length > SLAB) {
      this.#slab = new ArrayBuffer(SLAB);
      this.#slabUsed = 0;
    }
    const out = new Uint8Array(this.#slab, this.#slabUsed, length);
    this.#slabUsed += length;
    out.set(bytes);
    return out;
  }

  /** A raw socket of the host sends a whole IP packet; the errno its sender sees, or null. */
  send(bytes: Uint8Array, about: PacketAbout = {}): Errno | null {
    let error: Errno | null = null;
    this.enter(() => {
      this.#sending = true;
      error = bytes[0] >> 4 === 6 ? this.ip6.sendRaw(bytes, about) : this.ip4.sendRaw(bytes, about);
      this.#sending = false;
    });
    return error;
  }

  /** Time goes on to `until` (host milliseconds): timers fire in order, connections run out. What is due at `until` is not yet: the timer wheel rounds up. */
  advance(until: number, setClock: (now: number) => void): void {
    for (let t = this.timers.next(); t < until; t = this.timers.next()) {
      setClock(Math.max(t, this.net.clock.now()));
      this.timers.run(t);
    }
    setClock(until);
    this.net.conntrack.gc();
  }

  /** Runs something that may make packets, then what those left on the backlog. */
  enter(f: () => void): void {
    if (this.#running) {
      f();
      return;
    }
    this.#begin();
    try {
      f();
      this.#work();
    } finally {
      this.#end();
    }
  }

  #begin(): void {
    this.#running = true;
    this.jiffy++;
    this.hooks.refresh();
    this.hooks.fresh = true;
  }

  #end(): void {
    this.#running = false;
    this.hooks.fresh = false;
  }

  /** netif_rx: handled after what is going on now. */
  later(skb: Skb): void {
    this.#backlog.push(skb);
    if (!this.#running) this.enter(() => {});
  }

  /** dev_loopback_xmit: a sender's own copy of a multicast. A process that sends meets it before the original goes out. */
  loopBack(skb: Skb): void {
    this.later(skb);
    if (!this.#sending) return;
    this.#sending = false;
    this.#work();
    this.#sending = true;
  }

  arrive(dev: NetDevice, bytes: Uint8Array, about?: PacketAbout): void {
    const skb = new Skb(bytes);
    if (about) {
      skb.mark = about.mark ?? 0;
      skb.priority = about.priority ?? 0;
    }
    skb.dev = dev;
    if (dev.mac.length === 6) {
      if (!this.#ethTypeTrans(skb, dev)) return;
    } else {
      const version = bytes[0] >> 4;
      skb.protocol = version === 4 ? ETH.IP : version === 6 ? ETH.IPV6 : 0;
      if (skb.protocol === 0) return;
    }
    this.netifReceive(skb);
  }

  /** eth_type_trans */
  #ethTypeTrans(skb: Skb, dev: NetDevice): boolean {
    const b = skb.data;
    if (b.length < 14) return false;
    skb.mac = 0;
    skb.macLen = 14;
    skb.network = skb.head = 14;
    const type = u16(b, 12);
    skb.protocol = type >= 0x600 ? type : 4;
    skb.pktType = startsWith6(b, BROADCAST_MAC) ? PACKET.broadcast : b[0] & 1 ? PACKET.multicast : startsWith6(b, dev.mac) ? PACKET.host : PACKET.otherhost;
    return true;
  }

  /** __netif_receive_skb_core */
  netifReceive(skb: Skb): void {
    let dev = skb.dev as NetDevice;
    skb.skbIif = dev.index;
    if (this.net.tracer) {
      identify(this.net, skb);
      this.net.tracer.event({ kind: 'received', skb, dev });
    }
    for (;;) {
      if (skb.protocol === ETH.VLAN || skb.protocol === ETH.QINQ) {
        // With a tag in hand the next one stays where it is (skb_vlan_untag).
        if (skb.vlanTci < 0 && !untag(skb)) return;
      }
      if (!this.#ingress.run(skb, dev, null)) return;
      if (skb.vlanTci < 0) break;
      const id = skb.vlanTci & 0xfff;
      const upper = this.devices.find((d) => d.vlan?.lower === dev.index && d.vlan.id === id && d.up);
      if (!upper) {
        // A priority tag with another one behind it: the inner one counts, if it can be read.
        if (id !== 0 || dev.master || (skb.protocol !== ETH.VLAN && skb.protocol !== ETH.QINQ)) break;
        skb.vlanTci = -1;
        if (!untag(skb)) return;
        continue;
      }
      skb.vlanTci = -1;
      skb.dev = dev = upper;
      if (skb.pktType === PACKET.otherhost && sameBytes(skb.data.subarray(0, 6), upper.mac)) skb.pktType = PACKET.host;
      skb.skbIif = dev.index;
    }
    const master = dev.master ? this.#devices.get(dev.master) : undefined;
    if (master?.type === 'bridge' && !this.bridge.handle(skb, dev, master)) return;
    if (skb.vlanTci >= 0) {
      if ((skb.vlanTci & 0xfff) !== 0) skb.pktType = PACKET.otherhost;
      skb.vlanTci = -1;
    }
    skb.transport = -1;
    switch (skb.protocol) {
      case ETH.IP:
        this.ip4.receive(skb);
        return;
      case ETH.IPV6:
        this.ip6.receive(skb);
        return;
      case ETH.ARP:
        this.arp.receive(skb);
        return;
      default:
        tellDrop(this.net, skb, 'UNHANDLED_PROTO');
    }
  }

  /** Link-layer header in front of the network header (eth_header). */
  header(skb: Skb, dev: NetDevice, dst: Uint8Array, type: number, src: Uint8Array = dev.mac): void {
    if (dev.mac.length !== 6) {
      skb.data = skb.data.slice(skb.network);
      skb.network = 0;
      skb.head = 0;
      skb.mac = -1;
      return;
    }
    const shift = 14 - skb.network;
    if (shift !== 0 || skb.mac < 0) {
      skb.data = concat(new Uint8Array(14), skb.data.subarray(skb.network));
      if (skb.transport >= 0) skb.transport += shift;
    }
    skb.mac = 0;
    skb.macLen = 14;
    skb.network = 14;
    skb.head = 0;
    const b = skb.data;
    for (let i = 0; i < 6; i++) {
      b[i] = dst[i];
      b[6 + i] = src[i];
    }
    put16(b, 12, type);
  }

  /** dev_queue_xmit: `skb.data` starts with the link-layer header. `last`: nobody touches the packet's bytes after this. */
  xmit(skb: Skb, dev: NetDevice, last = false): void {
    if (!dev.up) {
      tellDrop(this.net, skb, 'DEV_READY');
      return;
    }
    skb.dev = dev;
    this.net.tracer?.event({ kind: 'transmit', skb, dev });
    skb.head = skb.mac >= 0 ? skb.mac : skb.network;
    if (!this.#egress.run(skb, null, dev)) return;
    if (dev.type !== 'loopback') finishSum(skb);
    switch (dev.type) {
      case 'loopback':
        this.#loop(skb, dev);
        return;
      case 'bridge':
        this.bridge.xmit(skb, dev);
        return;
      case 'vlan': {
        const lower = this.#devices.get(dev.vlan?.lower ?? 0);
        if (lower) {
          skb.vlanTci = dev.vlan?.id ?? 0;
          skb.vlanProto = ETH.VLAN;
          this.xmit(skb, lower);
        }
        return;
      }
      case 'veth': {
        const peer = dev.peer === undefined ? undefined : this.#devices.get(dev.peer);
        if (peer?.up) {
          const next = arrived(skb);
          next.dev = peer;
          if (this.#ethTypeTrans(next, peer)) this.later(next);
          return;
        }
        if (dev.peer !== undefined) return;
        break;
      }
      case 'dummy':
        return;
      default:
    }
    const frame = last && skb.mac === 0 && skb.vlanTci < 0 ? skb.data : wire(skb);
    this.net.tracer?.event({ kind: 'emitted', skb, dev, frame });
    const left = { iface: dev.name, frame };
    // Mostly one packet leaves for one that came: no list with room for more.
    if (this.#emitted.length === 0) this.#emitted = [left];
    else this.#emitted.push(left);
  }

  /** loopback_xmit: connection, mark and route stay with the packet. */
  #loop(skb: Skb, dev: NetDevice): void {
    skb.network = skb.mac + 14;
    skb.head = skb.network;
    skb.pktType = PACKET.host;
    skb.sk = null;
    skb.dev = dev;
    this.later(skb);
  }

  export(): unknown {
    return {
      devices: [...this.#devices.values()],
      next: this.#nextIndex,
      conf: this.conf.export(),
      fib: this.fib.export(),
      neighbours: this.neighbours.export(),
      sockets: this.sockets.export(),
    };
  }

  import(data: unknown): void {
    const d = data as { devices: NetDevice[]; next: number; conf: unknown; fib: unknown; neighbours: unknown; sockets?: unknown };
    this.#devices.clear();
    for (const dev of d.devices) this.#devices.set(dev.index, dev.index === this.lo.index ? Object.assign(this.lo, dev) : dev);
    this.#nextIndex = d.next;
    this.conf.import(d.conf);
    this.fib.import(d.fib);
    this.neighbours.import(d.neighbours);
    this.sockets.import(d.sockets);
  }
}

const startsWith6 = (b: Uint8Array, a: Uint8Array): boolean => a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3] && a[4] === b[4] && a[5] === b[5] && a.length === 6;

/** vlan_untag: the outer tag goes from the data to the packet's fields. */
function untag(skb: Skb): boolean {
  const b = skb.data;
  if (b.length < 18) return false;
  skb.vlanTci = u16(b, 14);
  skb.vlanProto = skb.protocol;
  skb.data = concat(b.subarray(0, 12), b.subarray(16));
  skb.protocol = u16(skb.data, 12);
  return true;
}

/** Bytes as they go out: the tag back in place. */
export function wire(skb: Skb): Uint8Array {
  if (skb.mac < 0) return skb.data.slice(skb.network);
  if (skb.vlanTci < 0) return skb.data.slice(skb.mac);
  const tag = new Uint8Array(4);
  put16(tag, 0, skb.vlanProto || ETH.VLAN);
  put16(tag, 2, skb.vlanTci);
  const b = skb.data.subarray(skb.mac);
  return concat(b.subarray(0, 12), tag, b.subarray(12));
}

/** A packet that crossed into another device: a fresh start (skb_scrub_packet). */
function arrived(skb: Skb): Skb {
  const next = new Skb(wire(skb));
  next.mark = 0;
  next.id = skb.id;
  next.parent = skb.parent;
  return next;
}
