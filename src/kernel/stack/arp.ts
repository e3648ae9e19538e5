import { PACKET, Skb } from '../net/skb.ts';
import { put16, sameBytes, u16 } from '../net/wire/bytes.ts';
import { ETH, isLoopback4, isMulticast4 } from '../net/wire/ip.ts';
import type { NetDevice } from './device.ts';
import { prefixMatch } from './fib.ts';
import { found } from './fib.ts';
import { tellDrop, tellMade } from '../trace/tell.ts';
import type { Stack } from './stack.ts';

const REQUEST = 1,
  REPLY = 2;

/** net/ipv4/arp.c */
export class Arp {
  readonly #s: Stack;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  /** arp_rcv */
  receive(skb: Skb): void {
    const dev = skb.dev as NetDevice;
    const o = skb.network;
    const { net } = this.#s;
    if (skb.pktType === PACKET.otherhost || skb.pktType === PACKET.loopback) {
      tellDrop(net, skb, 'OTHERHOST');
      return;
    }
    if (dev.noarp || skb.data.length < o + 28 || skb.data[o + 4] !== 6 || skb.data[o + 5] !== 4) {
      tellDrop(net, skb, 'NOT_SPECIFIED', 'no ARP of this link');
      return;
    }
    if (!this.#s.hooks.run('arp', 'input', skb, dev, null)) return;
    net.tracer?.event({ kind: 'delivered', skb, proto: ETH.ARP });
    this.#process(skb, dev);
  }

  /** arp_process */
  #process(skb: Skb, dev: NetDevice): void {
    const b = skb.data,
      o = skb.network;
    // Ethernet, or IEEE 802 on an Ethernet device.
    if ((u16(b, o) !== 1 && u16(b, o) !== 6) || u16(b, o + 2) !== ETH.IP) return;
    const op = u16(b, o + 6);
    if (op !== REQUEST && op !== REPLY) return;
    const sha = b.slice(o + 8, o + 14),
      sip = b.slice(o + 14, o + 18),
      tip = b.slice(o + 24, o + 28);
    const conf = this.#s.conf;
    if (isMulticast4(tip) || (!conf.or4(dev.name, 'route_localnet') && isLoopback4(tip))) return;
    if (sameBytes(sip, tip) && conf.or4(dev.name, 'drop_gratuitous_arp')) return;
    const zero = sip.every((x) => x === 0);
    if (zero) {
      // Duplicate address detection (RFC 2131).
      if (op === REQUEST && this.#s.fib.addrType4(tip) === 'local' && !this.#ignore(dev, sip, tip)) this.send(REPLY, dev, sha, tip, dev.mac, sip, sha);
      return;
    }
    if (op === REQUEST) {
      const dst = found(this.#s.ip4.inputRoute(tip, sip, 0, dev, 0));
      if (dst && !dst.error && dst.type === 'local') {
        if (!this.#ignore(dev, sip, tip) && !this.#filtered(dev, sip, tip)) {
          this.#s.neighbours.learn(dev, sip, sha, 'stale', { create: true, override: true });
          this.send(REPLY, dev, sha, tip, dev.mac, sip, sha);
        }
        return;
      }
      if (
        dst &&
        !dst.error &&
        dst.type === 'unicast' &&
        conf.dev4(dev.name, 'forwarding') &&
        dst.dev !== dev &&
        (conf.or4(dev.name, 'proxy_arp') || this.#s.neighbours.findProxy(dev, tip))
      ) {
        this.#s.neighbours.learn(dev, sip, sha, 'stale', { create: true, override: true });
        this.send(REPLY, dev, sha, tip, dev.mac, sip, sha);
        return;
      }
    }
    const reachable = op === REPLY && skb.pktType === PACKET.host;
    this.#s.neighbours.learn(dev, sip, sha, reachable ? 'reachable' : 'stale', { create: conf.or4(dev.name, 'arp_accept') && this.#onLink(dev, sip), override: true });
  }

  #onLink(dev: NetDevice, ip: Uint8Array): boolean {
    return dev.addrs4.some((a) => prefixMatch(ip, a.peer, a.len));
  }

  /** arp_ignore */
  #ignore(dev: NetDevice, sip: Uint8Array, tip: Uint8Array): boolean {
    const here = dev.addrs4.some((a) => sameBytes(a.local, tip));
    switch (this.#s.conf.max4(dev.name, 'arp_ignore')) {
      case 0:
        break;
      case 1:
        if (!here) return true;
        break;
      case 2:
        if (!here || !this.#onLink(dev, sip)) return true;
        break;
      case 3:
        if (!this.#s.devices.some((d) => d.addrs4.some((a) => sameBytes(a.local, tip) && a.scope < 254))) return true;
        break;
      case 8:
        return true;
      default:
    }
    return false;
  }

  /** arp_filter: not asked about by who looks for a duplicate of an address. */
  #filtered(dev: NetDevice, sip: Uint8Array, tip: Uint8Array): boolean {
    if (!this.#s.conf.or4(dev.name, 'arp_filter')) return false;
    const out = this.#s.ip4.outputRoute(sip, tip, { mark: 0, oif: 0, tos: 0 });
    return !out || 'error' in out || out.dst.dev !== dev;
  }

  /** arp_solicit */
  solicit(dev: NetDevice, target: Uint8Array, lladdr: Uint8Array | null, cause: Skb | null): void {
    let saddr: Uint8Array | null = null;
    const announce = this.#s.conf.max4(dev.name, 'arp_announce');
    const from = cause && cause.protocol === ETH.IP ? cause.data.slice(cause.network + 12, cause.network + 16) : null;
    if (from && announce < 2 && this.#s.fib.addrType4(from) === 'local' && (announce === 0 || this.#onLink(dev, from))) saddr = from;
    saddr ??= this.#s.ip4.selectAddr(dev, target, 253);
    this.send(REQUEST, dev, lladdr ?? new Uint8Array(6).fill(255), saddr, dev.mac, target, new Uint8Array(6));
  }

  /** arp_send_dst: `dst` is where the frame goes. */
  send(op: number, dev: NetDevice, dst: Uint8Array, sip: Uint8Array, sha: Uint8Array, tip: Uint8Array, tha: Uint8Array): void {
    if (dev.noarp || dev.mac.length !== 6) return;
    const b = new Uint8Array(28);
    put16(b, 0, 1);
    put16(b, 2, ETH.IP);
    b[4] = 6;
    b[5] = 4;
    put16(b, 6, op);
    b.set(sha, 8);
    b.set(sip, 14);
    b.set(tha, 18);
    b.set(tip, 24);
    const skb = new Skb(b);
    skb.protocol = ETH.ARP;
    skb.dev = dev;
    this.#s.header(skb, dev, dst, ETH.ARP);
    // The frame's source is the sender that the answer names (dev_hard_header).
    if (skb.mac >= 0) skb.data.set(sha, skb.mac + 6);
    tellMade(this.#s.net, skb, null, 'neighbour');
    if (!this.#s.hooks.run('arp', 'output', skb, null, dev)) return;
    this.#s.xmit(skb, dev);
  }
}
