import { IPCT, IPS } from '../entry.ts';
import { refreshAcct } from '../protocol.ts';
import type { Protocol } from '../protocol.ts';
import { timeoutsOf } from '../timeout.ts';

/** net/netfilter/nf_conntrack_proto_gre.c */
export const protocol: Protocol = {
  protonum: 47,
  packet(c) {
    const { ct } = c,
      gre = ct.proto;
    if (gre.kind !== 'gre') return 'invalid';
    if (!(ct.status & IPS.CONFIRMED)) {
      const timeouts = timeoutsOf(c.net.conntrack.conf, ct);
      gre.streamTimeout = timeouts[1];
      gre.timeout = timeouts[0];
    }
    if (!(ct.status & IPS.SEEN_REPLY)) {
      refreshAcct(c, gre.timeout);
      return 'accept';
    }
    refreshAcct(c, gre.streamTimeout);
    if (!(ct.status & (IPS.NAT_CLASH | IPS.ASSURED))) {
      ct.status |= IPS.ASSURED;
      c.net.conntrack.cache(ct, IPCT.ASSURED);
    }
    return 'accept';
  },
};
