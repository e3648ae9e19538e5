import { PACKET } from '../net/skb.ts';
import type { Skb } from '../net/skb.ts';
import { sameBytes, u16 } from '../net/wire/bytes.ts';
import { ETH, ip4HeaderLen } from '../net/wire/ip.ts';
import type { NetDevice } from './device.ts';
import { tellDrop, tellMade } from '../trace/tell.ts';
import type { Stack } from './stack.ts';

const BROADCAST_MAC = Uint8Array.of(255, 255, 255, 255, 255, 255);
const VLAN_TAG = 4;

const hex = (b: Uint8Array): string => b.join(':');
/** Groups that IEEE 802.1D keeps from going further: 01:80:c2:00:00:0X. */
const linkLocalGroup = (b: Uint8Array): boolean => b[0] === 1 && b[1] === 0x80 && b[2] === 0xc2 && b[3] === 0 && b[4] === 0 && (b[5] & 0xf0) === 0;

/** br_multicast_rcv (ip_mc_check_iphdr, ipv6_mc_check_ip6hdr): snooping looks at the header of every packet to a group. */
function malformed(skb: Skb): boolean {
  const b = skb.data,
    o = skb.network;
  if (skb.protocol === ETH.IP) {
    if (b.length < o + 20 || b[o] >> 4 !== 4) return true;
    const ihl = ip4HeaderLen(b, o),
      total = u16(b, o + 2);
    return ihl < 20 || b.length < o + total || total < ihl;
  }
  return skb.protocol === ETH.IPV6 && (b.length < o + 40 || b[o] >> 4 !== 6 || b.length < o + 40 + u16(b, o + 4));
}

/** A learning bridge without STP, and the bridge family's hooks (net/bridge/br_input.c, br_forward.c). */
export class Bridge {
  readonly #s: Stack;
  constructor(stack: Stack) {
    this.#s = stack;
  }

  #ports(br: NetDevice): NetDevice[] {
    return br.ports.flatMap((i) => this.#s.device(i) ?? []).filter((d) => d.up);
  }

  /** br_handle_frame. True: the port keeps the frame for itself. */
  handle(skb: Skb, port: NetDevice, br: NetDevice): boolean {
    const src = skb.data.subarray(6, 12),
      dst = skb.data.subarray(0, 6);
    if (src[0] & 1 || src.every((x) => x === 0)) return false;
    if (!br.up) return false;
    // Without STP a bridge is no bridge to those who speak it: their frames go through.
    if (linkLocalGroup(dst) && dst[5] !== 0) {
      if (dst[5] === 1 || !this.#s.hooks.run('bridge', 'input', skb, port, null)) return false;
      br.fdb.set(hex(src), port.index);
      return true;
    }
    this.#pass(skb, port, br);
    return false;
  }

  #pass(skb: Skb, port: NetDevice, br: NetDevice): void {
    const dst = skb.data.subarray(0, 6);
    if (sameBytes(dst, br.mac)) skb.pktType = PACKET.host;
    if (!this.#s.hooks.run('bridge', 'prerouting', skb, port, null)) return;
    if (skb.bridge?.translated) this.#s.bridgeNetfilter.findNeighbour(skb, skb.bridge, br);
    else this.#finish(skb, skb.bridge?.physIn ?? port, br);
  }

  /** br_handle_frame_finish */
  #finish(skb: Skb, port: NetDevice, br: NetDevice): void {
    br.fdb.set(hex(skb.data.subarray(6, 12)), port.index);
    const to = skb.data.subarray(0, 6);
    if (to[0] & 1) {
      if (br.snooping && !sameBytes(to, BROADCAST_MAC) && malformed(skb)) {
        tellDrop(this.#s.net, skb, 'NOT_SPECIFIED', 'multicast snooping refuses its header');
        return;
      }
      this.#flood(skb, br, port, true);
      this.#up(skb, br);
      return;
    }
    if (sameBytes(to, br.mac) || this.#s.devices.some((d) => d.master === br.index && sameBytes(d.mac, to))) {
      this.#up(skb, br);
      return;
    }
    const known = br.fdb.get(hex(to));
    const out = known === undefined ? undefined : this.#ports(br).find((d) => d.index === known);
    if (out) {
      if (out !== port) this.#forward(skb, port, out);
    } else this.#flood(skb, br, port, false);
  }

  /** br_flood: the last port gets the frame itself, unless the host keeps it. */
  #flood(skb: Skb, br: NetDevice, from: NetDevice, keep: boolean): void {
    const ports = this.#ports(br).filter((p) => p !== from);
    for (const [i, p] of ports.entries()) this.#forward(keep || i < ports.length - 1 ? this.#copy(skb) : skb, from, p);
  }

  #copy(skb: Skb): Skb {
    const copy = skb.clone();
    tellMade(this.#s.net, copy, skb, 'copy');
    return copy;
  }

  /** __br_forward */
  #forward(skb: Skb, from: NetDevice, to: NetDevice): void {
    skb.dev = to;
    if (!this.#s.hooks.run('bridge', 'forward', skb, from, to)) return;
    this.#leave(skb, to);
  }

  #leave(skb: Skb, to: NetDevice): void {
    if (this.#s.hooks.run('bridge', 'postrouting', skb, null, to)) this.push(skb, to);
  }

  /** br_dev_queue_push_xmit: a frame may be longer by a VLAN tag than the port's MTU says (is_skb_forwardable). */
  push(skb: Skb, to: NetDevice): void {
    if (skb.data.length - skb.network > to.mtu + VLAN_TAG) {
      tellDrop(this.#s.net, skb, 'PKT_TOO_BIG');
      return;
    }
    this.#s.bridgeNetfilter.dropRoute(skb);
    this.#s.xmit(skb, to);
  }

  /** br_pass_frame_up */
  #up(skb: Skb, br: NetDevice): void {
    const port = skb.dev as NetDevice;
    if (!this.#s.hooks.run('bridge', 'input', skb, port, null)) return;
    skb.dev = br;
    this.#s.bridgeNetfilter.dropRoute(skb);
    this.#s.netifReceive(skb);
  }

  /** br_dev_xmit: the bridge as a device of the host itself. */
  xmit(skb: Skb, br: NetDevice): void {
    const from = this.#s.bridgeNetfilter.foundNeighbour(skb);
    if (from) {
      this.#finish(skb, from, br);
      return;
    }
    const dst = skb.data.subarray(0, 6);
    const send = (copy: Skb, port: NetDevice): void => {
      copy.dev = port;
      copy.head = copy.network;
      if (this.#s.hooks.run('bridge', 'output', copy, null, port)) this.#leave(copy, port);
    };
    const known = dst[0] & 1 ? undefined : br.fdb.get(hex(dst));
    const out = known === undefined ? undefined : this.#ports(br).find((d) => d.index === known);
    if (out) send(skb, out);
    else for (const p of this.#ports(br)) send(this.#copy(skb), p);
  }
}
