import { defineExtension } from '../definition.ts';
import { finishSum } from '../../net/transport-sum.ts';
import { misplaced } from './_common.ts';

type Info = { readonly operation: number };

/** extensions/libxt_CHECKSUM.c, net/netfilter/xt_CHECKSUM.c. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'CHECKSUM',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [{ name: 'checksum-fill', type: 'none', mandatory: true }],
  help: () => `CHECKSUM target options
  --checksum-fill			Fill in packet checksum.
`,
  init: () => ({}),
  parse() {},
  finish: () => ({ operation: 1 }),
  save: () => ' --checksum-fill',
  print: () => ' CHECKSUM fill',
  check: (_, c) => misplaced({ table: 'mangle' }, c),
  /** xt_checksum: only what was left for the device to sum. */
  target: (_, skb) => {
    finishSum(skb);
    return 'continue';
  },
});
