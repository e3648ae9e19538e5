import { silentlyInvalid } from '../log-invalid.ts';
import { refreshAcct } from '../protocol.ts';
import type { Protocol } from '../protocol.ts';
import { timeoutsOf } from '../timeout.ts';

const VALID_NEW = new Set([128, 139]);

/** net/netfilter/nf_conntrack_proto_icmpv6.c */
export const protocol: Protocol = {
  protonum: 58,
  packet(c) {
    if (c.state.pf !== 'ip6' || !VALID_NEW.has(c.ct.original.icmp?.type ?? -1)) return silentlyInvalid(c, 'nothing begins with this type, and no query is known that it answers');
    refreshAcct(c, timeoutsOf(c.net.conntrack.conf, c.ct)[0]);
    return 'accept';
  },
};
