import type { Helper } from '../helper-definition.ts';
import { broadcastHelp } from './_broadcast.ts';
import { translateSnmp } from './_snmp.ts';

/** net/netfilter/nf_conntrack_snmp.c */
export const helper: Helper = {
  name: 'snmp',
  l3num: 2,
  l4proto: 17,
  ports: [161],
  policies: [{ name: 'snmp', maxExpected: 1, timeout: 30 }],
  help(net, skb, at, ct, ctinfo) {
    broadcastHelp(net, skb, ct, ctinfo, 161, 30);
    return translateSnmp(skb, at, ct, ctinfo);
  },
};
