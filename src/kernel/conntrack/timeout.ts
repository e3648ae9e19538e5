import type { Conntrack } from './entry.ts';
import type { ConntrackConf } from './conf.ts';

/** A named policy of `nfct add timeout` (struct nf_ct_timeout / ctnl_timeout). Values in seconds, indexed like the protocol's own table. */
export interface TimeoutPolicy {
  readonly name: string;
  readonly l3num: number;
  readonly l4proto: number;
  timeouts: number[];
}

/** The protocols' tables of timeouts, by the keys of ConntrackConf.timeouts. */
export type TimeoutTable = 'tcp' | 'udp' | 'sctp' | 'gre' | 'icmp' | 'icmpv6' | 'generic';

/** Which table a protocol number has (nf_ct_l4proto_find). */
export function timeoutTable(protonum: number): TimeoutTable {
  switch (protonum) {
    case 6:
      return 'tcp';
    case 17:
      return 'udp';
    // UDP-Lite has no timeouts of its own any more.
    case 136:
      return 'udp';
    case 132:
      return 'sctp';
    case 47:
      return 'gre';
    case 1:
      return 'icmp';
    case 58:
      return 'icmpv6';
    default:
      return 'generic';
  }
}

/** The timeouts in seconds that hold for an entry: its policy's, or the namespace's. */
export const timeoutsOf = (conf: ConntrackConf, ct: Conntrack): readonly number[] => ct.timeoutPolicy?.timeouts ?? conf.timeouts[timeoutTable(ct.original.protonum)];
