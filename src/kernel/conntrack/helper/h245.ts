import { CTINFO } from '../../net/skb.ts';
import { h245Message } from '../h323/channels.ts';
import { H245_MESSAGE } from '../h323/h245.ts';
import { decode } from '../h323/per.ts';
import { Signal } from '../h323/signal.ts';
import { tpkts } from '../h323/tpkt.ts';
import type { Helper } from '../helper-definition.ts';

/**
 * net/netfilter/nf_conntrack_h323_main.c: h245_help. Rules can name it for UDP only, which makes no sense; connections
 * that Q.931 announces, over TCP, get it.
 */
export const helper: Helper = {
  name: 'H.245',
  l3num: 0,
  l4proto: 17,
  ports: [],
  policies: [{ name: 'H.245', maxExpected: 18, timeout: 240 }],
  help(net, skb, at, ct, ctinfo) {
    if (ctinfo !== CTINFO.established && ctinfo !== CTINFO.establishedReply) return 'accept';
    const s = new Signal(net, skb, at, ct, ctinfo);
    for (const m of tpkts(s)) {
      const found = decode(skb.data, m.from, m.end, H245_MESSAGE);
      if (!found) break;
      if (!h245Message(s, found)) return 'drop';
    }
    return 'accept';
  },
};
