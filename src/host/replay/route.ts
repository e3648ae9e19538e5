import type { Netns } from '../../kernel/netns.ts';
import { sameBytes } from '../../kernel/net/wire/bytes.ts';
import { ETH } from '../../kernel/net/wire/ip.ts';
import type { NetDevice } from '../../kernel/stack/device.ts';
import type { Unlinked } from '../pcap/frame.ts';
import type { CapturedPacket, CaptureInterface } from '../pcap/read.ts';

/** Where a captured packet enters the host. */
export type Entry = NetDevice | 'host' | 'out' | null;

/** Decides for each packet on which device it comes in, whether the host sent it, or whether it was on its way out. */
export class Entrances {
  readonly #net: Netns;
  /** File's interface (name or number) → device. */
  readonly #map: ReadonlyMap<string, NetDevice>;
  readonly #all: NetDevice | null;
  readonly #bySource = new Map<string, NetDevice | null>();
  readonly #byIface = new Map<CaptureInterface, NetDevice | null>();

  constructor(net: Netns, map: ReadonlyMap<string, NetDevice>, all: NetDevice | null) {
    this.#net = net;
    this.#map = map;
    this.#all = all;
  }

  /** 'host': the host sends it; 'out': it was leaving, and is no packet of its own; null: nobody knows. */
  of(p: CapturedPacket, u: Unlinked): Entry {
    const src = u.etherType === ETH.IP ? u.packet.subarray(12, 16) : u.etherType === ETH.IPV6 ? u.packet.subarray(8, 24) : null;
    const { stack } = this.#net;
    const own = src !== null && src.length >= 4 && (src.length === 4 ? stack.ip4.isLocal(src) : stack.ip6.isLocal(src));
    if (own) return 'host';
    if ((p.direction ?? u.direction) === 'out') return 'out';
    const said = (u.ifindex === undefined ? undefined : this.#map.get(String(u.ifindex))) ?? this.#mapped(p.iface);
    if (u.ether && (said ? sameBytes(said.mac, u.ether.src) : leaving(stack.devices, u.ether.src))) return 'out';
    return said ?? (src && this.#towards(src));
  }

  #mapped(iface: CaptureInterface): NetDevice | null {
    let dev = this.#byIface.get(iface);
    if (dev === undefined) {
      dev = this.#map.get(String(iface.index)) ?? (iface.name === null ? undefined : (this.#map.get(iface.name) ?? this.#net.stack.deviceByName(iface.name))) ?? this.#all;
      this.#byIface.set(iface, dev);
    }
    return dev;
  }

  /** The device through which the host would answer. */
  #towards(src: Uint8Array): NetDevice | null {
    const key = String.fromCharCode(...src);
    let dev = this.#bySource.get(key);
    if (dev === undefined) {
      const { stack } = this.#net;
      const r = src.length === 4 ? stack.ip4.outputRoute(src, null, { mark: 0, oif: 0, tos: 0 }) : stack.ip6.outputRoute(src, null, { mark: 0, oif: 0 });
      dev = 'error' in r || r.dst.local ? null : r.dst.dev;
      if (this.#bySource.size > 100_000) this.#bySource.clear();
      this.#bySource.set(key, dev);
    }
    return dev;
  }
}

const leaving = (devices: readonly NetDevice[], src: Uint8Array): boolean => devices.some((d) => sameBytes(d.mac, src));
