import { mangleTcp, mangleUdp } from '../../nat/mangle.ts';
import { RANGE } from '../../expr/nat-range.ts';
import type { CtInfo, Skb } from '../../net/skb.ts';
import { u16 } from '../../net/wire/bytes.ts';
import { IPPROTO } from '../../net/wire/ip.ts';
import type { Netns } from '../../netns.ts';
import { IPS_NAT_MASK } from '../entry.ts';
import type { Conntrack, Dir, Tuple } from '../entry.ts';
import { addExpectFunction } from '../expect-functions.ts';
import type { Expectation, NewExpectation } from '../expectation.ts';
import { expectation } from '../helper/_expect.ts';
import { dirOf } from '../protocol.ts';
import type { Found } from './per.ts';

/** struct nf_ct_h323_master: ports of both sides, original and translated, in either's direction. */
interface H323Data {
  readonly sigPort: [number, number];
  readonly rtpPorts: [number, number][];
  /** Bytes that a TPKT header announced that came alone. */
  readonly announced: [number, number];
  /** Seconds of a registration. */
  timeout: number;
}
/** H323_RTP_CHANNEL_MAX */
const RTP_CHANNELS = 4;

export interface Address {
  readonly addr: Uint8Array;
  readonly port: number;
  /** Where it stands in the packet. */
  readonly at: number;
}

/** A packet of H.323 signalling and the connection that it is of. */
export class Signal {
  readonly net: Netns;
  readonly skb: Skb;
  readonly ct: Conntrack;
  /** Transport header. */
  readonly at: number;
  readonly dir: Dir;
  readonly other: Dir;
  readonly data: H323Data;

  constructor(net: Netns, skb: Skb, at: number, ct: Conntrack, ctinfo: CtInfo) {
    this.net = net;
    this.skb = skb;
    this.at = at;
    this.ct = ct;
    this.dir = dirOf(ctinfo);
    this.other = this.dir === 0 ? 1 : 0;
    this.data = (ct.helperData ??= { sigPort: [0, 0], rtpPorts: Array.from({ length: RTP_CHANNELS }, () => [0, 0]), announced: [0, 0], timeout: 0 }) as H323Data;
  }
  get here(): Tuple {
    return this.ct.tuple(this.dir);
  }
  get there(): Tuple {
    return this.ct.tuple(this.other);
  }
  /** NAT rewrites addresses of IPv4 only. */
  get translated(): boolean {
    return this.ct.l3num === 2 && (this.ct.status & IPS_NAT_MASK) !== 0;
  }

  #address(at: number | undefined): Address | null {
    if (at === undefined) return null;
    const b = this.skb.data,
      length = this.ct.l3num === 2 ? 4 : 16;
    return { addr: b.slice(at, at + length), port: u16(b, at + length), at };
  }
  /** get_h225_addr */
  h225(f: Found | undefined): Address | null {
    return this.#address(f?.get(...(this.ct.l3num === 2 ? ['ipAddress', 'ip'] : ['ip6Address', 'ip']))?.value);
  }
  /** get_h245_addr */
  h245(f: Found | undefined): Address | null {
    return this.#address(f?.get('unicastAddress', ...(this.ct.l3num === 2 ? ['iPAddress', 'network'] : ['iP6Address', 'network']))?.value);
  }

  /** set_addr. False: the packet is to be dropped. */
  write(a: Address, addr: Uint8Array, port: number): boolean {
    const b = this.skb.data,
      text = Uint8Array.of(...addr, port >> 8, port & 255);
    if (this.ct.protonum === IPPROTO.TCP) return mangleTcp(this.net, this.skb, this.ct, this.at, a.at - this.at - (b[this.at + 12] >> 4) * 4, text.length, text);
    return mangleUdp(this.skb, this.at, a.at - this.at - 8, text.length, text);
  }

  /** What the other side will open: from where this signal goes to, to `dst`. */
  expected(protonum: number, dst: Uint8Array, port: number, o: { readonly helper?: string; readonly flags?: number } = {}): NewExpectation {
    return { ...expectation(this.ct, { protonum, src: this.there.src, dst, sport: null, dport: port }), helper: o.helper ?? null, flags: o.flags ?? 0 };
  }
}

/** ip_nat_q931_expect: gatekeepers alone may call (module parameter gkrouted_only), from where they are. */
addExpectFunction('Q.931', (net, ct, exp) => followMasterOf(net, ct, exp, exp.master.tuple(exp.dir === 0 ? 1 : 0)));
/** ip_nat_callforwarding_expect: the caller keeps its address, the call goes where it was forwarded to. */
addExpectFunction('callforwarding', (net, ct, exp) => {
  const src = ct.tuple(exp.dir === 0 ? 1 : 0).src;
  followMasterOf(net, ct, exp, { dst: src, src: exp.savedAddr ?? new Uint8Array(src.length) });
});

function followMasterOf(net: Netns, ct: Conntrack, exp: Expectation, to: { readonly src: Uint8Array; readonly dst: Uint8Array }): void {
  const range = (addr: Uint8Array, port: number | null): Parameters<typeof net.stack.nat.setup>[1] => ({
    flags: RANGE.MAP_IPS | (port === null ? 0 : RANGE.PROTO_SPECIFIED),
    min: addr,
    max: addr,
    minPort: port ?? 0,
    maxPort: port ?? 0,
    basePort: 0,
  });
  net.stack.nat.setup(ct, range(to.dst, null), 'src');
  net.stack.nat.setup(ct, range(to.src, exp.savedProto), 'dst');
}
