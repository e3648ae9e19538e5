import { macText } from '../address.ts';
import { HOOK_BIT, needHooks } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { equalBytes } from '../packet.ts';
import { bytesOf } from '../value.ts';

/** struct xt_mac_info */
export type MacInfo = { readonly srcaddr: Uint8Array; readonly invert: boolean };

export const match = defineExtension<MacInfo>({
  kind: 'match',
  name: 'mac',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'mac-source', type: 'ethermac', invert: true, mandatory: true }],
  help: () => `mac match options:
[!] --mac-source XX:XX:XX:XX:XX:XX
				Match source MAC address
`,
  init: () => ({ srcaddr: new Uint8Array(6), invert: false }),
  parse(o, draft) {
    draft['srcaddr'] = bytesOf(o);
    draft['invert'] = o.inverted;
  },
  finish: (d) => ({ srcaddr: d['srcaddr'] as Uint8Array, invert: d['invert'] as boolean }),
  save: (i) => `${i.invert ? ' !' : ''} --mac-source ${macText(i.srcaddr)}`,
  print: (i) => ` MAC${i.invert ? ' !' : ''} ${macText(i.srcaddr)}`,
  translate: (i) => `ether saddr ${i.invert ? '!= ' : ''}${macText(i.srcaddr)}`,
  check: (_, c) => needHooks(c, HOOK_BIT.prerouting | HOOK_BIT.input | HOOK_BIT.forward),
  match(i, skb) {
    if (skb.dev === null || skb.dev.arphrd !== 1 || skb.mac < 0 || skb.mac + 14 > skb.data.length) return false;
    return equalBytes(skb.data.subarray(skb.mac + 6, skb.mac + 12), i.srcaddr) !== i.invert;
  },
});
