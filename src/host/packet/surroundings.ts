import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { isLimitedBroadcast, isLinkLocal6, isMulticast4, isMulticast6 } from '../../kernel/net/wire/ip.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import { directedBroadcast, maskTo, prefixMatch } from '../../kernel/stack/fib.ts';
import type { Stack } from '../../kernel/stack/stack.ts';

/** Link-layer address of a host outside that the host's neighbour table does not know: made from its address. */
export function outsideMac(addr: Uint8Array): Uint8Array {
  return Uint8Array.of(2, addr.length === 4 ? 0 : 6, ...addr.subarray(addr.length - 4));
}

/** What a packet takes from the host where its text leaves it open: addresses, neighbours, the network around a device. */
export class Surroundings {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** The device whose addresses count for packets on `dev`: of a bridge's port, the bridge. */
  addressed(dev: NetDevice): NetDevice {
    return (dev.master && this.#stack.device(dev.master)) || dev;
  }

  /** Networks on a device: the host's own address and prefix length; global ones first. */
  #networks(dev: NetDevice, family: 4 | 6): { readonly addr: Uint8Array; readonly len: number }[] {
    const d = this.addressed(dev);
    if (family === 4) return d.addrs4.map((a) => ({ addr: a.local, len: a.len }));
    return [...d.addrs6].sort((a, b) => a.scope - b.scope).map((a) => ({ addr: a.addr, len: a.len }));
  }

  isLocal(addr: Uint8Array): boolean {
    return addr.length === 4 ? this.#stack.ip4.isLocal(addr) : this.#stack.ip6.isLocal(addr);
  }

  /** The host's address on a device; null: it has none of this family there. */
  ownAddress(dev: NetDevice, family: 4 | 6, like?: Uint8Array): Uint8Array | null {
    const all = this.#networks(dev, family);
    const near = like && all.find((n) => prefixMatch(like, n.addr, n.len));
    return (near ?? all[0])?.addr ?? null;
  }

  /** Another host in the network of a device: the first address there that is neither the host's nor the gateway's. */
  neighbourAddress(dev: NetDevice, family: 4 | 6, like?: Uint8Array): Uint8Array | null {
    const own = this.ownAddress(dev, family, like);
    const len = own && this.#networks(dev, family).find((n) => sameBytes(n.addr, own))?.len;
    if (!own || len === null || len === undefined) return null;
    const gateway = this.gateway(dev, family);
    const base = maskTo(own, len);
    for (let i = 1; i < 255; i++) {
      const a = base.slice();
      a[a.length - 1] |= i;
      if (!prefixMatch(a, base, len)) break;
      if (!this.isLocal(a) && !(gateway && sameBytes(a, gateway))) return a;
    }
    return gateway;
  }

  /** Gateway of the default route through a device; of any device: the first. */
  gateway(dev: NetDevice | null, family: 4 | 6): Uint8Array | null {
    const d = dev && this.addressed(dev);
    const route = this.#stack.fib.statics.find((r) => r.family === family && r.len === 0 && r.via && (!d || r.dev === d.index));
    return route?.via ?? null;
  }

  onLink(dev: NetDevice, addr: Uint8Array): boolean {
    if (addr.length === 16 && isLinkLocal6(addr)) return true;
    return this.#networks(dev, addr.length === 4 ? 4 : 6).some((n) => prefixMatch(addr, n.addr, n.len));
  }

  #mac(dev: NetDevice, addr: Uint8Array): Uint8Array {
    return this.#stack.neighbours.find(this.addressed(dev), addr)?.lladdr ?? outsideMac(addr);
  }

  /** Who sends frames with this source address on the device: the host itself there, or the gateway for all beyond. */
  sourceMac(dev: NetDevice, addr: Uint8Array): Uint8Array {
    if (this.onLink(dev, addr)) return this.#mac(dev, addr);
    const gateway = this.gateway(dev, addr.length === 4 ? 4 : 6);
    return gateway ? this.#mac(dev, gateway) : outsideMac(addr);
  }

  /** Where frames with this destination address go that arrive on the device. */
  destinationMac(dev: NetDevice, addr: Uint8Array): Uint8Array {
    if (addr.length === 4) {
      if (isMulticast4(addr)) return Uint8Array.of(1, 0, 0x5e, addr[1] & 0x7f, addr[2], addr[3]);
      if (isLimitedBroadcast(addr) || this.#networks(dev, 4).some((n) => n.len < 31 && sameBytes(addr, directedBroadcast(maskTo(n.addr, n.len), n.len))))
        return new Uint8Array(6).fill(255);
    } else if (isMulticast6(addr)) return Uint8Array.of(0x33, 0x33, ...addr.subarray(12));
    const up = this.addressed(dev);
    // Through a bridge, neighbours speak to each other directly.
    if (up !== dev && !this.isLocal(addr) && this.onLink(dev, addr)) return this.#mac(dev, addr);
    return up.mac.length === 6 ? up.mac : dev.mac;
  }

  /** The source address that the host takes towards a destination; null: no way there. */
  sourceFor(daddr: Uint8Array): Uint8Array | null {
    const r = daddr.length === 4 ? this.#stack.ip4.outputRoute(daddr, null, { mark: 0, oif: 0, tos: 0 }) : this.#stack.ip6.outputRoute(daddr, null, { mark: 0, oif: 0 });
    return 'error' in r ? null : r.saddr;
  }

  /** Somebody whom the host can reach: the gateway, else a neighbour. */
  someoneOutside(family: 4 | 6): Uint8Array | null {
    const gateway = this.gateway(null, family);
    if (gateway) return gateway;
    for (const d of this.#stack.devices) {
      const n = d.type !== 'loopback' && d.up ? this.neighbourAddress(d, family) : null;
      if (n) return n;
    }
    return null;
  }

  /** The VLAN device on top of `dev` that takes frames with this tag. */
  vlan(dev: NetDevice, id: number): NetDevice | undefined {
    return this.#stack.devices.find((d) => d.vlan?.lower === dev.index && d.vlan.id === id);
  }
}
