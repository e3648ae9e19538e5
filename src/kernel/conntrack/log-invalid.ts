import { logByDefault } from '../log/packet-log.ts';
import type { TrackContext } from './protocol.ts';

/** nf_ct_l4proto_log_invalid: a kernel log line where net.netfilter.nf_conntrack_log_invalid asks for the protocol. */
export function logInvalid(c: TrackContext, why: string): void {
  c.net.conntrack.why = why;
  const wanted = c.net.conntrack.conf.logInvalid;
  if (wanted === 0 || (wanted !== 255 && wanted !== c.ct.protonum)) return;
  logByDefault(c.skb, c.state, `nf_ct_proto_${c.ct.protonum}: ${why} `);
}
