import { concat, u16, u32 } from '../../kernel/net/wire/bytes.ts';
import { ETH } from '../../kernel/net/wire/ip.ts';
import { LINKTYPE } from './write.ts';

/** What a captured packet is without its link layer, and what its link layer said. */
export interface Unlinked {
  readonly etherType: number;
  /** VLAN tags, as they stood before the EtherType. */
  readonly tags: Uint8Array;
  readonly packet: Uint8Array;
  readonly ether: { readonly dst: Uint8Array; readonly src: Uint8Array } | null;
  /** The whole Ethernet frame as it was captured; null: there is none, or `packet` is no longer what was captured. */
  readonly frame: Uint8Array | null;
  readonly direction: 'in' | 'out' | null;
  /** Number of the device on the capturing machine, in captures of all devices at once. */
  readonly ifindex?: number;
}

const NO_TAGS = new Uint8Array(0);
const byVersion = (b: Uint8Array): number => (b.length ? (b[0] >> 4 === 6 ? ETH.IPV6 : ETH.IP) : 0);
const plain = (etherType: number, packet: Uint8Array, direction: Unlinked['direction'] = null): Unlinked => ({
  etherType,
  tags: NO_TAGS,
  packet,
  ether: null,
  frame: null,
  direction,
});
/** sll_pkttype of LINKTYPE_LINUX_SLL: 4 is what the machine itself sent. */
const sllDirection = (type: number): Unlinked['direction'] => (type === 4 ? 'out' : 'in');

/** Takes the link layer off; null: a link type that drywall does not know, or a packet cut short. */
export function unlink(linkType: number, b: Uint8Array): Unlinked | null {
  switch (linkType) {
    case LINKTYPE.ethernet: {
      if (b.length < 14) return null;
      let at = 12;
      while ((u16(b, at) === ETH.VLAN || u16(b, at) === ETH.QINQ) && b.length >= at + 6) at += 4;
      return {
        etherType: u16(b, at),
        tags: at === 12 ? NO_TAGS : b.subarray(12, at),
        packet: b.subarray(at + 2),
        ether: { dst: b.subarray(0, 6), src: b.subarray(6, 12) },
        frame: b,
        direction: null,
      };
    }
    case LINKTYPE.raw:
    // What BSD and OpenBSD call the same.
    case 12:
    case 14:
    case LINKTYPE.ipv4:
    case LINKTYPE.ipv6:
      return plain(byVersion(b), b);
    case LINKTYPE.null:
    case LINKTYPE.loop:
      return b.length < 4 ? null : plain(byVersion(b.subarray(4)), b.subarray(4));
    case LINKTYPE.linuxSll:
      return b.length < 16 ? null : plain(u16(b, 14), b.subarray(16), sllDirection(u16(b, 0)));
    case LINKTYPE.linuxSll2:
      return b.length < 20 ? null : { ...plain(u16(b, 0), b.subarray(20), sllDirection(b[10])), ifindex: u32(b, 4) };
    default:
      return null;
  }
}

/** The frame for an Ethernet device. */
export const relink = (u: Unlinked, dst: Uint8Array, src: Uint8Array): Uint8Array => concat(dst, src, u.tags, Uint8Array.of(u.etherType >> 8, u.etherType & 255), u.packet);
