import { refreshAcct } from '../protocol.ts';
import type { Protocol } from '../protocol.ts';
import { timeoutsOf } from '../timeout.ts';

/** net/netfilter/nf_conntrack_proto_generic.c */
export const protocol: Protocol = {
  protonum: -1,
  packet(c) {
    refreshAcct(c, timeoutsOf(c.net.conntrack.conf, c.ct)[0]);
    return 'accept';
  },
};
