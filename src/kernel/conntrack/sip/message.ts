import { mangleTcp, mangleUdp } from '../../nat/mangle.ts';
import type { CtInfo, Skb } from '../../net/skb.ts';
import type { Netns } from '../../netns.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Conntrack, Dir, Tuple } from '../entry.ts';
import { bytesOf, latin1 } from '../helper/_text.ts';
import { dirOf } from '../protocol.ts';

/** What the helper keeps of a connection (struct nf_ct_sip_master). */
export interface SipData {
  registerCseq: number;
  inviteCseq: number;
  /** Port that a Via header names instead of the one the request came from; 0: none. */
  forcedDport: number;
}

/** One SIP message in a packet: its text, and how to change it. */
export class SipMessage {
  readonly net: Netns;
  readonly skb: Skb;
  readonly ct: Conntrack;
  readonly dir: Dir;
  /** Offset of the transport header in the packet's bytes. */
  readonly at: number;
  /** Offset of the message in the packet's bytes. */
  readonly start: number;
  /** Its length. A TCP segment may go on behind it. */
  length: number;
  #text: string | null = null;

  constructor(net: Netns, skb: Skb, ct: Conntrack, ctinfo: CtInfo, at: number, start: number, length: number) {
    this.net = net;
    this.skb = skb;
    this.ct = ct;
    this.dir = dirOf(ctinfo);
    this.at = at;
    this.start = start;
    this.length = length;
  }

  /** From the message's beginning to the packet's end. */
  get text(): string {
    this.#text ??= latin1(this.skb.data, this.start, this.skb.data.length);
    return this.#text;
  }
  get data(): SipData {
    return (this.ct.helperData ??= { registerCseq: 0, inviteCseq: 0, forcedDport: 0 }) as SipData;
  }
  /** Addresses as its sender sees them. */
  get here(): Tuple {
    return this.ct.tuple(this.dir);
  }
  /** The other direction's. */
  get there(): Tuple {
    return this.ct.tuple(this.dir === 0 ? 1 : 0);
  }
  get natted(): boolean {
    return (this.ct.status & IPS_NAT_MASK) !== 0;
  }
  /** Offset of the message in the packet, from the network header: what the kernel calls dataoff. */
  get dataOff(): number {
    return this.start - this.skb.network;
  }

  /** mangle_packet */
  mangle(off: number, len: number, text: string): boolean {
    const tcp = this.ct.protonum === 6;
    const from = this.start + off - this.at - (tcp ? (this.skb.data[this.at + 12] >> 4) * 4 : 8);
    const done = tcp ? mangleTcp(this.net, this.skb, this.ct, this.at, from, len, bytesOf(text), false) : mangleUdp(this.skb, this.at, from, len, bytesOf(text));
    if (!done) return false;
    this.#text = null;
    this.length += text.length - len;
    return true;
  }
}
