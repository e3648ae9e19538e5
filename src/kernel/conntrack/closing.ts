import { IPCT, IPS } from './entry.ts';
import type { Conntrack } from './entry.ts';
import type { ConntrackTable } from './table.ts';
import { timeoutsOf } from './timeout.ts';

const TCP_CLOSE = 8;

/** nf_ct_set_closing: a reset that REJECT sends ends the connection at once, whatever tracking makes of it. */
export function setClosing(table: ConntrackTable, ct: Conntrack): void {
  // One that is not in the table yet is left as it is.
  if (ct.proto.kind !== 'tcp' || !(ct.status & IPS.CONFIRMED)) return;
  const old = ct.proto.state;
  ct.proto.state = TCP_CLOSE;
  if (old === TCP_CLOSE || ct.status & IPS.FIXED_TIMEOUT) return;
  table.refresh(ct, timeoutsOf(table.conf, ct)[TCP_CLOSE]);
  table.cache(ct, IPCT.PROTOINFO);
}
