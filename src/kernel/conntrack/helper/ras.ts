import { RAS_MESSAGE } from '../h323/h225.ts';
import { decode } from '../h323/per.ts';
import { rasMessage } from '../h323/registration.ts';
import { Signal } from '../h323/signal.ts';
import type { Helper } from '../helper-definition.ts';

/** net/netfilter/nf_conntrack_h323_main.c: ras_help */
export const helper: Helper = {
  name: 'RAS',
  l3num: 0,
  l4proto: 17,
  ports: [1719],
  policies: [{ name: 'RAS', maxExpected: 32, timeout: 240 }],
  help(net, skb, at, ct, ctinfo) {
    const found = decode(skb.data, at + 8, skb.data.length, RAS_MESSAGE);
    return !found || rasMessage(new Signal(net, skb, at, ct, ctinfo), found) ? 'accept' : 'drop';
  },
};
