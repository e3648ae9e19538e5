import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { ETH } from '../../kernel/net/wire/ip.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import type { Stack } from '../../kernel/stack/stack.ts';
import { Surroundings } from '../packet/surroundings.ts';
import { relink, type Unlinked } from '../pcap/frame.ts';

const TARGETS_MAX = 100_000;

/** Makes of a captured packet the frame in which it comes to this host. */
export class Framer {
  readonly #near: Surroundings;
  /** Link-layer addresses of the host: they do not change while packets are played. */
  readonly #own: readonly Uint8Array[];
  readonly #targets = new Map<string, Uint8Array>();

  constructor(stack: Stack) {
    this.#near = new Surroundings(stack);
    this.#own = stack.devices.filter((d) => d.mac.length === 6).map((d) => d.mac);
  }

  /** Frames to one host are to the device's own address: the capturing machine had another. */
  frame(dev: NetDevice, u: Unlinked): Uint8Array {
    if (u.ether && (u.ether.dst[0] & 1 || this.#known(u.ether.dst))) return u.frame ? u.frame.slice() : relink(u, u.ether.dst, u.ether.src);
    return relink(u, this.#target(dev, u), u.ether?.src ?? this.#source(dev, u));
  }

  #known(mac: Uint8Array): boolean {
    for (const own of this.#own) if (sameBytes(own, mac)) return true;
    return false;
  }
  #target(dev: NetDevice, u: Unlinked): Uint8Array {
    const b = u.packet;
    const at = u.etherType === ETH.IP ? 16 : u.etherType === ETH.IPV6 ? 24 : 0;
    if (at === 0 || b.length < 20 || (at === 24 && b.length < 40)) return dev.mac;
    const dst = b.subarray(at, at === 16 ? 20 : 40);
    const key = String.fromCharCode(dev.index, ...dst);
    let mac = this.#targets.get(key);
    if (!mac) {
      if (this.#targets.size >= TARGETS_MAX) this.#targets.clear();
      this.#targets.set(key, (mac = this.#near.destinationMac(dev, dst)));
    }
    return mac;
  }
  #source(dev: NetDevice, u: Unlinked): Uint8Array {
    const b = u.packet;
    if (u.etherType === ETH.IP && b.length >= 20) return this.#near.sourceMac(dev, b.subarray(12, 16));
    if (u.etherType === ETH.IPV6 && b.length >= 40) return this.#near.sourceMac(dev, b.subarray(8, 24));
    return Uint8Array.of(2, 0, 0, 0, 0, 1);
  }
}
