import type { Netns } from '../../netns.ts';
import type { CtInfo, Skb } from '../../net/skb.ts';
import { ip4Dst } from '../../net/wire/ip.ts';
import { EXPECT } from '../expectation.ts';
import type { Conntrack } from '../entry.ts';
import { dirOf } from '../protocol.ts';
import { sameBytes } from '../tuple.ts';

/** nf_conntrack_broadcast_help: answers to a broadcast question of this host may come from the whole network. */
export function broadcastHelp(net: Netns, skb: Skb, ct: Conntrack, ctinfo: CtInfo, port: number, timeout: number): 'accept' {
  if (!skb.sk || !skb.dst?.broadcast || dirOf(ctinfo) !== 0) return 'accept';
  const to = ip4Dst(skb.data, skb.network);
  const own = skb.dst.dev.addrs4.find((a) => a.broadcast && sameBytes(a.broadcast, to));
  if (!own) return 'accept';
  const mask = Uint8Array.from([0, 1, 2, 3], (i) => (0xff << (8 - Math.max(0, Math.min(8, own.len - 8 * i)))) & 255);
  net.conntrack.expect.related({
    tuple: { ...ct.reply, sport: port },
    mask: { src: mask, sport: 0xffff },
    master: ct,
    zone: ct.zone,
    flags: EXPECT.PERMANENT,
    class: 0,
    helper: null,
    expectfn: null,
    dir: 0,
    savedAddr: null,
    savedProto: 0,
  });
  net.conntrack.refresh(ct, timeout);
  return 'accept';
}
