import type { Helper } from '../helper-definition.ts';
import { broadcastHelp } from './_broadcast.ts';

/** net/netfilter/nf_conntrack_netbios_ns.c */
export const helper: Helper = {
  name: 'netbios-ns',
  l3num: 2,
  l4proto: 17,
  ports: [137],
  policies: [{ name: 'netbios-ns', maxExpected: 1, timeout: 3 }],
  help: (net, skb, _at, ct, ctinfo) => broadcastHelp(net, skb, ct, ctinfo, 137, 3),
};
