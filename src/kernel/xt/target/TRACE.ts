import { defineExtension } from '../definition.ts';

/** extensions/libxt_TRACE.c; iptables-nft stores it as `meta nftrace set 1`. */
export const target = defineExtension<Record<string, never>>({
  kind: 'target',
  name: 'TRACE',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  revision: 0,
  options: [],
  help: () => `TRACE does not take any options
`,
  init: () => ({}),
  parse() {},
  finish: () => ({}),
  save: () => '',
  print: () => '',
  translate: () => 'nftrace set 1',
  check: (_, c) => (c.table === 'raw' ? null : 'EINVAL'),
  target(_, skb) {
    skb.nftrace = true;
    return 'continue';
  },
});
