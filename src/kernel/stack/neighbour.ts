import { sameBytes, u32 } from '../net/wire/bytes.ts';
import type { Skb } from '../net/skb.ts';
import type { NetDevice } from './device.ts';
import { tellDrop } from '../trace/tell.ts';
import type { Stack } from './stack.ts';
import type { Timer } from './timers.ts';

export type NudState = 'permanent' | 'noarp' | 'reachable' | 'stale' | 'delay' | 'probe' | 'incomplete' | 'failed' | 'none';

export interface Neighbour {
  readonly dev: number;
  readonly addr: Uint8Array;
  lladdr: Uint8Array | null;
  state: NudState;
  router: boolean;
  proxy: boolean;
  /** Host milliseconds of the last change. */
  updated: number;
}

interface Pending {
  probes: number;
  queue: Skb[];
  timer: Timer | null;
}

const MCAST_SOLICIT = 3;
const RETRANS_MS = 1000;
/** unres_qlen_bytes allows about a hundred small packets; the oldest go first. */
const QUEUE_MAX = 101;

const QUICK = 256;
interface Quick {
  readonly addr: number;
  readonly dev: NetDevice;
  readonly n: Neighbour;
}

/** Neighbour tables of ARP and neighbour discovery (net/core/neighbour.c). */
export class Neighbours {
  readonly #stack: Stack;
  #all: Neighbour[] = [];
  /** The last one used of a device: most packets go on to where the last one went. */
  readonly #recent = new Map<number, Neighbour>();
  readonly #pending = new Map<Neighbour, Pending>();
  /** Neighbours by device and IPv4 address that packets were just sent to: no other kind of address, still in the table. */
  readonly #quick = new Array<Quick | null>(QUICK).fill(null);
  #quickFib = -1;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  list(): readonly Neighbour[] {
    return this.#all;
  }
  find(dev: NetDevice, addr: Uint8Array): Neighbour | undefined {
    const recent = this.#recent.get(dev.index);
    if (recent && sameBytes(recent.addr, addr)) return recent;
    const found = this.#all.find((n) => n.dev === dev.index && !n.proxy && sameBytes(n.addr, addr));
    if (found) this.#recent.set(dev.index, found);
    return found;
  }

  findProxy(dev: NetDevice, addr: Uint8Array): Neighbour | undefined {
    return this.#all.find((n) => n.dev === dev.index && n.proxy && sameBytes(n.addr, addr));
  }

  set(dev: NetDevice, addr: Uint8Array, lladdr: Uint8Array | null, state: NudState, o: { router?: boolean; proxy?: boolean } = {}): Neighbour {
    let n = o.proxy ? this.findProxy(dev, addr) : this.find(dev, addr);
    if (!n) {
      n = { dev: dev.index, addr: addr.slice(), lladdr: null, state, router: false, proxy: o.proxy ?? false, updated: 0 };
      this.#all.push(n);
    }
    if (lladdr) n.lladdr = lladdr.slice();
    n.state = state;
    if (o.router !== undefined) n.router = o.router;
    n.updated = this.#stack.net.clock.now();
    if (n.lladdr) this.#resolved(n, dev);
    return n;
  }

  remove(n: Neighbour): void {
    this.#quick.fill(null);
    this.#all = this.#all.filter((x) => x !== n);
    this.#recent.delete(n.dev);
    const p = this.#pending.get(n);
    if (p) {
      this.#stack.timers.cancel(p.timer);
      this.#pending.delete(n);
    }
  }

  /** neigh_ifdown; `family`: of addresses of this one only. */
  flushDevice(index: number, family?: 4 | 6): void {
    for (const n of this.#all.filter((x) => x.dev === index && (family === undefined || (x.addr.length === 4) === (family === 4)))) this.remove(n);
  }

  /** What the peer said of itself (neigh_update from ARP or ND). `override` false: a known, different address stays. */
  learn(dev: NetDevice, addr: Uint8Array, lladdr: Uint8Array, state: 'reachable' | 'stale', o: { create: boolean; override: boolean }): void {
    const n = this.find(dev, addr);
    if (!n) {
      if (o.create) this.set(dev, addr, lladdr, state);
      return;
    }
    if (n.state === 'permanent' || n.state === 'noarp') return;
    if (n.lladdr && n.state !== 'incomplete' && n.state !== 'failed' && !sameBytes(n.lladdr, lladdr)) {
      if (!o.override) return;
    } else if (state === 'stale' && n.lladdr && n.state !== 'incomplete' && n.state !== 'failed') return;
    n.lladdr = lladdr.slice();
    n.state = state;
    n.updated = this.#stack.net.clock.now();
    this.#resolved(n, dev);
  }

  #resolved(n: Neighbour, dev: NetDevice): void {
    const p = this.#pending.get(n);
    if (!p) return;
    this.#stack.timers.cancel(p.timer);
    this.#pending.delete(n);
    this.#stack.enter(() => {
      for (const skb of p.queue) this.#send(skb, dev, n.lladdr as Uint8Array);
    });
  }

  /** Packets that wait for an address to be resolved. */
  *waiting(): Iterable<Skb> {
    for (const p of this.#pending.values()) yield* p.queue;
  }

  #send(skb: Skb, dev: NetDevice, lladdr: Uint8Array): void {
    this.#stack.header(skb, dev, lladdr, skb.protocol);
    this.#stack.xmit(skb, dev, true);
  }

  /** neigh_output: to the next hop, now or when it has answered. */
  output(skb: Skb, dev: NetDevice, nexthop: Uint8Array): void {
    const fixed = this.#fixedAddress(dev, nexthop);
    if (fixed) {
      this.#send(skb, dev, fixed);
      return;
    }
    let n = this.find(dev, nexthop);
    if (!n) {
      n = { dev: dev.index, addr: nexthop.slice(), lladdr: null, state: 'none', router: false, proxy: false, updated: this.#stack.net.clock.now() };
      this.#all.push(n);
    }
    if (n.lladdr && n.state !== 'incomplete' && n.state !== 'failed') {
      if (n.state === 'stale') this.#probeLater(n, dev);
      this.#send(skb, dev, n.lladdr);
      return;
    }
    let p = this.#pending.get(n);
    if (!p) {
      p = { probes: 0, queue: [], timer: null };
      this.#pending.set(n, p);
      n.state = 'incomplete';
      p.queue.push(skb);
      this.#stack.net.tracer?.event({ kind: 'waiting', skb, dev, nexthop });
      this.#solicit(n, dev, p);
      return;
    }
    if (p.queue.length >= QUEUE_MAX) {
      const old = p.queue.shift();
      if (old) tellDrop(this.#stack.net, old, 'NEIGH_QUEUEFULL');
    }
    p.queue.push(skb);
    this.#stack.net.tracer?.event({ kind: 'waiting', skb, dev, nexthop });
  }

  /** `output` to the IPv4 address at `at` of `b`. */
  output4(skb: Skb, dev: NetDevice, b: Uint8Array, at: number): void {
    const addr = u32(b, at) | 0,
      place = (Math.imul(addr, 0x9e3779b1) ^ dev.index) & (QUICK - 1);
    if (this.#quickFib !== this.#stack.fib.version) {
      this.#quick.fill(null);
      this.#quickFib = this.#stack.fib.version;
    }
    const known = this.#quick[place];
    if (known !== null && known.addr === addr && known.dev === dev && !dev.noarp) {
      const { n } = known;
      if (n.lladdr !== null && (n.state === 'reachable' || n.state === 'permanent')) {
        this.#send(skb, dev, n.lladdr);
        return;
      }
    }
    const nexthop = b.slice(at, at + 4);
    this.output(skb, dev, nexthop);
    const n = this.find(dev, nexthop);
    if (n && this.#fixedAddress(dev, nexthop) === null) this.#quick[place] = { addr, dev, n };
  }

  /** arp_constructor, ndisc_constructor: addresses that need no question. */
  #fixedAddress(dev: NetDevice, addr: Uint8Array): Uint8Array | null {
    if (dev.mac.length !== 6) return new Uint8Array(0);
    if (addr.length === 4) {
      if ((addr[0] & 0xf0) === 0xe0) return Uint8Array.of(1, 0, 0x5e, addr[1] & 0x7f, addr[2], addr[3]);
      if (dev.type === 'loopback') return new Uint8Array(6);
      if (this.#stack.fib.addrType4(addr) === 'broadcast') return new Uint8Array(6).fill(255);
    } else {
      if (addr[0] === 0xff) return Uint8Array.of(0x33, 0x33, addr[12], addr[13], addr[14], addr[15]);
      if (dev.type === 'loopback') return new Uint8Array(6);
    }
    if (dev.noarp) return dev.mac;
    return null;
  }

  #solicit(n: Neighbour, dev: NetDevice, p: Pending): void {
    const stack = this.#stack;
    if (p.probes >= MCAST_SOLICIT) {
      this.#fail(n, p);
      return;
    }
    p.probes++;
    p.timer = stack.timers.add(stack.net.clock.now() + RETRANS_MS, () => stack.enter(() => this.#solicit(n, dev, p)));
    const last = p.queue.at(-1) ?? null;
    if (n.addr.length === 4) stack.arp.solicit(dev, n.addr, null, last);
    else stack.ndisc.solicit(dev, n.addr, null, last);
  }

  /** neigh_invalidate: everything that waited gets its ICMP error. */
  #fail(n: Neighbour, p: Pending): void {
    this.#pending.delete(n);
    n.state = 'failed';
    for (const skb of p.queue) {
      tellDrop(this.#stack.net, skb, 'NEIGH_FAILED');
      if (n.addr.length === 4) this.#stack.icmp4.send(skb, 3, 1, 0);
      else this.#stack.icmp6.send(skb, 1, 3, 0);
    }
  }

  /** STALE → DELAY (5 s) → PROBE: unicast questions. */
  #probeLater(n: Neighbour, dev: NetDevice): void {
    n.state = 'delay';
    const stack = this.#stack;
    const probe = (left: number): void => {
      if (!this.#all.includes(n) || (n.state !== 'delay' && n.state !== 'probe')) return;
      if (left === 0) {
        n.state = 'failed';
        return;
      }
      n.state = 'probe';
      stack.timers.add(stack.net.clock.now() + RETRANS_MS, () => probe(left - 1));
      stack.enter(() => {
        if (n.addr.length === 4) stack.arp.solicit(dev, n.addr, n.lladdr, null);
        else stack.ndisc.solicit(dev, n.addr, n.lladdr, null);
      });
    };
    stack.timers.add(stack.net.clock.now() + 5000, () => probe(3));
  }

  export(): unknown {
    return this.#all;
  }
  import(data: unknown): void {
    this.#all = data as Neighbour[];
    this.#recent.clear();
    this.#quick.fill(null);
  }
}
