import { logByDefault } from '../log/packet-log.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import type { TrackContext } from './protocol.ts';

/** nf_l4proto_log_invalid: a line in the kernel's log where net.netfilter.nf_conntrack_log_invalid asks for the protocol. */
export function logInvalidPacket(skb: Skb, state: HookState, protonum: number, why: string): void {
  const { conntrack } = state.net;
  conntrack.why = why;
  const wanted = conntrack.conf.logInvalid;
  if (wanted === 0 || (wanted !== 255 && wanted !== protonum)) return;
  logByDefault(skb, state, `nf_ct_proto_${protonum}: ${why} `);
}

/** nf_ct_l4proto_log_invalid */
export function logInvalid(c: TrackContext, why: string): void {
  logInvalidPacket(c.skb, c.state, c.ct.protonum, why);
}

/** The kernel says nothing here; for tracers. Always 'invalid'. */
export function silentlyInvalid(c: TrackContext, why: string): 'invalid' {
  c.net.conntrack.why = why;
  return 'invalid';
}
