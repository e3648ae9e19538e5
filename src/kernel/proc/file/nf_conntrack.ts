import { useCounts } from '../../conntrack/ctnetlink.ts';
import { IPS } from '../../conntrack/entry.ts';
import type { Conntrack, Tuple } from '../../conntrack/entry.ts';
import type { Netns } from '../../netns.ts';
import type { ProcFile } from '../definition.ts';
import { L3, L4, proto } from '../tuple-text.ts';
import { address } from '../tuple-text.ts';

const TCP = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2'];
const SCTP = ['NONE', 'CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT', 'HEARTBEAT_SENT'];

function direction(ct: Conntrack, dir: 0 | 1, t: Tuple): string {
  const side = dir === 0 ? 'original' : 'reply';
  const zone = ct.zone.dir === side ? `zone-${dir === 0 ? 'orig' : 'reply'}=${ct.zone.id} ` : '';
  const acct = ct.acct ? `packets=${ct.acct.packets[dir]} bytes=${ct.acct.bytes[dir]} ` : '';
  return `src=${address(t.src)} dst=${address(t.dst)} ${proto(t)}${zone}${acct}`;
}

/** ct_seq_show of net/netfilter/nf_conntrack_standalone.c */
function line(net: Netns, ct: Conntrack, use: number): string {
  const t = ct.original;
  let s = `${L3(t.l3num).padEnd(8)} ${t.l3num} ${L4(t.protonum).padEnd(8)} ${t.protonum} `;
  if (!(ct.status & IPS.OFFLOAD)) s += `${net.conntrack.secondsLeft(ct)} `;
  if (ct.proto.kind === 'tcp') s += `${TCP[ct.proto.state]} `;
  else if (ct.proto.kind === 'sctp') s += `${SCTP[ct.proto.state]} `;
  else if (ct.proto.kind === 'gre') s += `timeout=${ct.proto.timeout}, stream_timeout=${ct.proto.streamTimeout} `;
  s += direction(ct, 0, ct.original);
  if (!(ct.status & IPS.SEEN_REPLY)) s += '[UNREPLIED] ';
  s += direction(ct, 1, ct.reply);
  if (ct.status & IPS.HW_OFFLOAD) s += '[HW_OFFLOAD] ';
  else if (ct.status & IPS.OFFLOAD) s += '[OFFLOAD] ';
  else if (ct.status & IPS.ASSURED) s += '[ASSURED] ';
  s += `mark=${ct.mark >>> 0} `;
  if (ct.zone.dir === 'both') s += `zone=${ct.zone.id} `;
  if (ct.timestamp) s += `delta-time=${Math.max(0, Math.floor((net.clock.wall() - ct.timestamp.start) / 1000))} `;
  return `${s}use=${use}\n`;
}

export const procFile: ProcFile = {
  path: '/proc/net/nf_conntrack',
  mode: 0o440,
  read(net) {
    const use = useCounts(net);
    // The reader holds a reference too.
    return Array.from(net.conntrack.scan(), (ct) => line(net, ct, use(ct) + 1)).join('');
  },
};
