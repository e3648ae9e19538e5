import { HOOK_BIT, needHooks } from '../check.ts';
import { defineExtension } from '../definition.ts';

/** Compares the source address's interface identifier with the source MAC address. No options. */
export const match = defineExtension<Record<string, never>>({
  kind: 'match',
  name: 'eui64',
  families: ['ip6'],
  revision: 0,
  options: [],
  help: () => `eui64 does not take any options
`,
  init: () => ({}),
  parse() {},
  finish: () => ({}),
  save: () => '',
  print: () => '',
  check: (_, c) => needHooks(c, HOOK_BIT.prerouting | HOOK_BIT.input | HOOK_BIT.forward),
  match(_, skb) {
    if (skb.mac < 0 || skb.mac + 14 > skb.data.length) return skb.fragOffset !== 0 ? 'hotdrop' : false;
    const d = skb.data;
    if (((d[skb.mac + 12] << 8) | d[skb.mac + 13]) !== 0x86dd || d[skb.network] >> 4 !== 6) return false;
    const m = skb.mac + 6;
    const id = [d[m] ^ 2, d[m + 1], d[m + 2], 0xff, 0xfe, d[m + 3], d[m + 4], d[m + 5]];
    return id.every((b, n) => b === d[skb.network + 16 + n]);
  },
});
