import { CTINFO } from '../../net/skb.ts';
import { decodeQ931, q931Message } from '../h323/calls.ts';
import { Signal } from '../h323/signal.ts';
import { tpkts } from '../h323/tpkt.ts';
import type { Helper } from '../helper-definition.ts';

/** net/netfilter/nf_conntrack_h323_main.c: q931_help */
export const helper: Helper = {
  name: 'Q.931',
  l3num: 0,
  l4proto: 6,
  ports: [1720],
  policies: [{ name: 'Q.931', maxExpected: 20, timeout: 240 }],
  help(net, skb, at, ct, ctinfo) {
    if (ctinfo !== CTINFO.established && ctinfo !== CTINFO.establishedReply) return 'accept';
    const s = new Signal(net, skb, at, ct, ctinfo);
    for (const m of tpkts(s)) {
      const found = decodeQ931(skb.data, m.from, m.end);
      if (!found) break;
      if (!q931Message(s, found)) return 'drop';
    }
    return 'accept';
  },
};
