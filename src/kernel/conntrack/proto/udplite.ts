import { u16 } from '../../net/wire/bytes.ts';
import { IPCT, IPS } from '../entry.ts';
import { badChecksum } from '../l4.ts';
import { refreshAcct } from '../protocol.ts';
import type { Protocol, TrackContext } from '../protocol.ts';
import { timeoutsOf } from '../timeout.ts';

function wrong(c: TrackContext): boolean {
  const b = c.skb.data,
    have = b.length - c.at;
  if (have < 8) return true;
  const cover = u16(b, c.at + 4) || have;
  if (cover < 8 || cover > have || u16(b, c.at + 6) === 0) return true;
  return badChecksum(c.net, c.state, c.skb, c.at, 136, cover);
}

/** net/netfilter/nf_conntrack_proto_udp.c: nf_conntrack_udplite_packet */
export const protocol: Protocol = {
  protonum: 136,
  packet(c) {
    if (wrong(c)) return 'invalid';
    const timeouts = timeoutsOf(c.net.conntrack.conf, c.ct);
    if (!(c.ct.status & IPS.SEEN_REPLY)) {
      refreshAcct(c, timeouts[0]);
      return 'accept';
    }
    refreshAcct(c, timeouts[1]);
    if (!(c.ct.status & (IPS.NAT_CLASH | IPS.ASSURED))) {
      c.ct.status |= IPS.ASSURED;
      c.net.conntrack.cache(c.ct, IPCT.ASSURED);
    }
    return 'accept';
  },
};
