import { EXPECT } from '../../conntrack/expectation.ts';
import type { Expectation } from '../../conntrack/expectation.ts';
import { helperByName } from '../../conntrack/helpers.ts';
import type { Netns } from '../../netns.ts';
import type { ProcFile } from '../definition.ts';
import { address, proto } from '../tuple-text.ts';

/** exp_seq_show of net/netfilter/nf_conntrack_expect.c */
function line(net: Netns, exp: Expectation): string {
  const t = exp.tuple;
  const time = exp.expiresAt === 0 ? '- ' : `${Math.max(0, Math.floor((exp.expiresAt - net.clock.now()) / 1000))} `;
  let s = `${time}l3proto = ${t.l3num} proto=${t.protonum} src=${address(t.src)} dst=${address(t.dst)} ${proto(t)}`;
  const flags = [exp.flags & EXPECT.PERMANENT ? 'PERMANENT' : '', exp.flags & EXPECT.INACTIVE ? 'INACTIVE' : '', exp.flags & EXPECT.USERSPACE ? 'USERSPACE' : ''].filter(
    (f) => f !== '',
  );
  s += flags.join(',');
  if (exp.master.helper !== null) {
    const policy = helperByName(exp.master.helper)?.policies[exp.class]?.name ?? '';
    s += `${flags.length ? ' ' : ''}${exp.master.helper}${policy && policy !== exp.master.helper ? `/${policy}` : ''}`;
  }
  return `${s}\n`;
}

export const procFile: ProcFile = {
  path: '/proc/net/nf_conntrack_expect',
  mode: 0o440,
  read: (net) =>
    net.conntrack.expect
      .entries()
      .map((e) => line(net, e))
      .join(''),
};
