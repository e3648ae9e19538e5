import { u16 } from '../../net/wire/bytes.ts';
import { IPCT, IPS } from '../entry.ts';
import { badChecksum } from '../l4.ts';
import { logInvalid } from '../log-invalid.ts';
import { refreshAcct } from '../protocol.ts';
import type { Protocol, TrackContext } from '../protocol.ts';
import { timeoutsOf } from '../timeout.ts';

/** udplite_error: what is wrong with it, in the words of the kernel's log. */
function wrong(c: TrackContext): string | null {
  const b = c.skb.data,
    have = b.length - c.at;
  if (have < 8) return 'short packet';
  const cover = u16(b, c.at + 4) || have;
  if (cover < 8 || cover > have) return 'invalid checksum coverage';
  if (u16(b, c.at + 6) === 0) return 'checksum missing';
  return badChecksum(c.net, c.state, c.skb, c.at, 136, cover) ? 'bad checksum' : null;
}

/** net/netfilter/nf_conntrack_proto_udp.c: nf_conntrack_udplite_packet */
export const protocol: Protocol = {
  protonum: 136,
  packet(c) {
    const why = wrong(c);
    if (why) {
      logInvalid(c, why);
      return 'invalid';
    }
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
