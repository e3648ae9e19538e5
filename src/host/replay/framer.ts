import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { ETH } from '../../kernel/net/wire/ip.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import type { Stack } from '../../kernel/stack/stack.ts';
import { Surroundings } from '../packet/surroundings.ts';
import { relink, type Unlinked } from '../pcap/frame.ts';

/** Makes of a captured packet the frame in which it comes to this host. */
export class Framer {
  readonly #stack: Stack;
  readonly #near: Surroundings;

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#near = new Surroundings(stack);
  }

  /** Frames to one host are to the device's own address: the capturing machine had another. */
  frame(dev: NetDevice, u: Unlinked): Uint8Array {
    const dst = u.ether && (u.ether.dst[0] & 1 || this.#known(u.ether.dst)) ? u.ether.dst : this.#target(dev, u);
    return relink(u, dst, u.ether?.src ?? this.#source(dev, u));
  }

  #known(mac: Uint8Array): boolean {
    return this.#stack.devices.some((d) => sameBytes(d.mac, mac));
  }
  #target(dev: NetDevice, u: Unlinked): Uint8Array {
    const b = u.packet;
    if (u.etherType === ETH.IP && b.length >= 20) return this.#near.destinationMac(dev, b.subarray(16, 20));
    if (u.etherType === ETH.IPV6 && b.length >= 40) return this.#near.destinationMac(dev, b.subarray(24, 40));
    return dev.mac;
  }
  #source(dev: NetDevice, u: Unlinked): Uint8Array {
    const b = u.packet;
    if (u.etherType === ETH.IP && b.length >= 20) return this.#near.sourceMac(dev, b.subarray(12, 16));
    if (u.etherType === ETH.IPV6 && b.length >= 40) return this.#near.sourceMac(dev, b.subarray(8, 24));
    return Uint8Array.of(2, 0, 0, 0, 0, 1);
  }
}
