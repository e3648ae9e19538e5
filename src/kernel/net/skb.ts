import type { Conntrack } from '../conntrack/entry.ts';
import type { NetDevice } from '../stack/device.ts';
import type { Dst } from '../stack/fib.ts';
import type { IpOptions } from '../stack/options4.ts';

/** How an skb relates to its connection (enum ip_conntrack_info). */
export const CTINFO = { established: 0, related: 1, new: 2, establishedReply: 3, relatedReply: 4, untracked: 7 } as const;
export type CtInfo = (typeof CTINFO)[keyof typeof CTINFO];

/** PACKET_* of linux/if_packet.h. */
export const PACKET = { host: 0, broadcast: 1, multicast: 2, otherhost: 3, outgoing: 4, loopback: 5 } as const;

/** What is known of a transport checksum (CHECKSUM_* of linux/skbuff.h). */
export const SUMMED = { none: 0, unnecessary: 1, complete: 2, partial: 3 } as const;
type Summed = (typeof SUMMED)[keyof typeof SUMMED];

/**
 * A packet on its way through the model: the part of struct sk_buff that netfilter can see.
 * `data` holds everything from the link-layer header on; the three offsets point into it. Fields are changed in place,
 * `data` is replaced when its length changes.
 */
export class Skb {
  data: Uint8Array;
  /** Offset of the link-layer header; -1 when there is none (tun devices, packets made here). */
  mac = -1;
  macLen = 0;
  /** Offset of the network header. */
  network = 0;
  /** Offset of the transport header; -1 until known. */
  transport = -1;
  /** Transport protocol number after IPv6 extension headers; -1 until known. */
  l4proto = -1;
  /** Fragment offset in bytes: non-zero means that there is no transport header here. */
  fragOffset = 0;
  /** EtherType in host order: 0x0800, 0x86dd, 0x0806, 0x8100 … */
  protocol = 0;
  pktType: number = PACKET.host;
  mark = 0;
  secmark = 0;
  priority = 0;
  /** Index of the device it arrived on; 0 for packets made here. */
  skbIif = 0;
  dev: NetDevice | null = null;
  /** Its connection; null: none (untracked when ctinfo says so, else invalid or not yet seen). */
  ct: Conntrack | null = null;
  ctinfo: CtInfo = CTINFO.new;
  /** A conntrack template set by `CT --zone/--helper/--timeout` or nft `ct zone set`, until tracking meets it. */
  template: Conntrack | null = null;
  nftrace = false;
  /** While it is traced: its number, and that of the packet which it answers or is a copy of. */
  id = 0;
  parent = 0;
  /** Stripped VLAN tag (offload form), TCI in host order; -1: none. */
  vlanTci = -1;
  vlanProto = 0;
  /** Set by `meta cgroup`, owner, socket …: what a local sender was. Null on forwarded packets. */
  sk: SocketInfo | null = null;
  /** tc class (realm) of the route: `meta rtclassid`. */
  rtclassid = 0;
  /** Hash of the flow, made lazily; 0: not yet. */
  hash = 0;
  /** Where skb->data points, as offset: the network header in most hooks, the link-layer header on egress and ARP output. */
  head = 0;
  /** The route, once decided (skb_dst). */
  dst: Dst | null = null;
  /** Reassembled from fragments: payload lengths of the pieces in order, and the largest whole fragment (IPCB frag_max_size). */
  fragSizes: readonly number[] | null = null;
  fragMaxSize = 0;
  /** skb->ignore_df: made by a socket that lets its packets be cut whatever they say. */
  ignoreDf = false;
  /** IPv4 options as ip_rcv_options found them (IPCB opt). */
  options4: IpOptions | null = null;
  /** csum_valid: its transport checksum was found right once, and is not looked at again whatever changes. */
  checked = false;
  summed: Summed = SUMMED.none;
  /** `complete`: the sum of all bytes from the network header on when it was made; `partial`: how far behind the network header the sum begins. */
  sum = 0;
  /** IPv6: identification of the fragment header that came. */
  fragId = 0;
  /** IPv6: put together by tracking, this far behind the network header stood what came after the fragment header; 0: it was not. */
  fragEnd = 0;
  /** While the hooks of IP see it on a bridge. */
  bridge: BridgeInfo | null = null;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  /** skb->len: what `meta length` and byte counters see. */
  get len(): number {
    return this.data.length - this.head;
  }

  /** A deep copy of bytes and fields; the connection is shared. */
  clone(): Skb {
    const copy = Object.assign(new Skb(this.data.slice()), this);
    copy.data = this.data.slice();
    if (this.bridge) copy.bridge = { ...this.bridge };
    return copy;
  }
}

/** struct nf_bridge_info */
export interface BridgeInfo {
  /** The port it came in by. */
  readonly physIn: NetDevice;
  /** The port it will leave by, from the FORWARD hook on. */
  physOut: NetDevice | null;
  /** By its link-layer address it is for another host (pkt_otherhost): set while the hooks of IP look at it. */
  otherhost: boolean;
  /** Its destination was translated to another one behind the same bridge (bridged_dnat). */
  translated: boolean;
  /** Then: its link-layer source, to be put back behind the neighbour code's own header (neigh_header). */
  linkSource: Uint8Array | null;
}

/** What the model knows of the socket that sent or will take a packet. */
export interface SocketInfo {
  /** -1: a socket of the kernel's own, without a file. */
  readonly uid: number;
  readonly gid: number;
  readonly transparent: boolean;
  readonly wildcard: boolean;
  readonly mark: number;
  readonly cgroupClassid: number;
  readonly cgroupPath: string;
  /** Only asked for, not yet a socket of its own: a connection whose SYN was answered (TCP_NEW_SYN_RECV). */
  readonly request?: boolean;
  /** The host's own socket, where a packet that came was found to be for it. */
  readonly socket?: object;
}

/** The control sockets by which the kernel sends ICMP messages, resets and neighbour discovery. */
export const KERNEL_SOCKET: SocketInfo = Object.freeze({ uid: -1, gid: -1, transparent: false, wildcard: true, mark: 0, cgroupClassid: 0, cgroupPath: '' });

/** What is true of a packet without being in its bytes: what a driver or tc set of one that arrives, a socket of one that is sent. */
export interface PacketAbout {
  readonly mark?: number;
  readonly priority?: number;
  /** Of the socket that sends it. */
  readonly uid?: number;
  readonly gid?: number;
  readonly cgroup?: number;
}

/** The raw socket of a local sender. */
export const senderSocket = (about: PacketAbout): SocketInfo => ({
  uid: about.uid ?? 0,
  gid: about.gid ?? 0,
  transparent: false,
  wildcard: true,
  mark: about.mark ?? 0,
  cgroupClassid: about.cgroup ?? 0,
  cgroupPath: '',
});
