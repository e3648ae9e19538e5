import { defineExtension } from '../definition.ts';
import { paramProblem } from '../text.ts';
import { fields } from './_common.ts';

type Info = { readonly mode: 'save' | 'restore' };

/** IPCT_SECMARK */
const EVENT_SECMARK = 1 << 9;

/** extensions/libxt_CONNSECMARK.c, net/netfilter/xt_CONNSECMARK.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'CONNSECMARK',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'save', type: 'none', excludes: ['restore'] },
    { name: 'restore', type: 'none', excludes: ['save'] },
  ],
  help: () => `CONNSECMARK target options:
  --save                   Copy security mark from packet to conntrack
  --restore                Copy security mark from connection to packet
`,
  init: () => ({ mode: 'save' }),
  parse(o, d) {
    fields<Info>(d).mode = o.name === 'save' ? 'save' : 'restore';
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('CONNSECMARK target: parameter required');
    return { mode: fields<Info>(d).mode };
  },
  save: (i) => ` --${i.mode}`,
  print: (i) => ` CONNSECMARK ${i.mode}`,
  check: (_, c) => (c.table === 'mangle' || c.table === 'security' ? null : 'EINVAL'),
  target(i, skb) {
    const ct = skb.ct;
    if (!ct) return 'continue';
    if (i.mode === 'save') {
      if (skb.secmark && !ct.secmark) {
        ct.secmark = skb.secmark;
        ct.pendingEvents |= EVENT_SECMARK;
      }
    } else if (!skb.secmark && ct.secmark) skb.secmark = ct.secmark;
    return 'continue';
  },
});
