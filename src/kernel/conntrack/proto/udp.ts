import { u16 } from '../../net/wire/bytes.ts';
import { IPCT, IPS } from '../entry.ts';
import { badChecksum } from '../l4.ts';
import { logInvalid } from '../log-invalid.ts';
import { refreshAcct } from '../protocol.ts';
import type { Protocol, TrackContext } from '../protocol.ts';

/** udp_error: what is wrong with it, in the words of the kernel's log. */
function wrong(c: TrackContext): string | null {
  const b = c.skb.data,
    have = b.length - c.at;
  if (have < 8) return 'short packet';
  const len = u16(b, c.at + 4);
  if (len > have || len < 8) return 'truncated/malformed packet';
  return u16(b, c.at + 6) !== 0 && badChecksum(c.net, c.state, c.skb, c.at, 17) ? 'bad checksum' : null;
}

/** net/netfilter/nf_conntrack_proto_udp.c: nf_conntrack_udp_packet */
export const protocol: Protocol = {
  protonum: 17,
  packet(c) {
    const why = wrong(c);
    if (why) {
      logInvalid(c, why);
      return 'invalid';
    }
    const timeouts = c.ct.timeoutPolicy?.timeouts ?? c.net.conntrack.conf.timeouts.udp;
    const status = c.ct.status,
      now = c.net.clock.now();
    const proto = c.ct.proto;
    if (proto.kind === 'udp' && !(status & IPS.CONFIRMED)) proto.streamTs = now + 2000;
    if (!(status & IPS.SEEN_REPLY)) {
      refreshAcct(c, timeouts[0]);
      return 'accept';
    }
    // Still active after two seconds: a stream. (The kernel asks for later than that; there some time always passes.)
    const stream = proto.kind === 'udp' && now >= proto.streamTs;
    refreshAcct(c, timeouts[stream ? 1 : 0]);
    if (status & IPS.NAT_CLASH) return 'accept';
    if (stream && !(c.ct.status & IPS.ASSURED)) {
      c.ct.status |= IPS.ASSURED;
      c.net.conntrack.cache(c.ct, IPCT.ASSURED);
    }
    return 'accept';
  },
};
