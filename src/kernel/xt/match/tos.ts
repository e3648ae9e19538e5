import { defineExtension } from '../definition.ts';
import { networkTest, nothing, saidTests } from '../field-tests.ts';
import { dsField } from '../packet.ts';
import { TOS_NAMES } from '../text.ts';
import { draftOf, hex } from '../value.ts';

/** struct xt_tos_match_info */
type TosInfo = { readonly tos_value: number; readonly tos_mask: number; readonly invert: boolean };

export const match = defineExtension<TosInfo>({
  kind: 'match',
  name: 'tos',
  families: ['ip', 'ip6', 'arp'],
  revision: 1,
  options: [{ name: 'tos', type: 'tosmask', invert: true, mandatory: true, max: 63 }],
  help: () => `tos match options:
[!] --tos value[/mask]    Match Type of Service/Priority field value
[!] --tos symbol          Match TOS field (IPv4 only) by symbol
                          Accepted symbolic names for value are:
                          (0x10) 16 Minimize-Delay
                          (0x08)  8 Maximize-Throughput
                          (0x04)  4 Maximize-Reliability
                          (0x02)  2 Minimize-Cost
                          (0x00)  0 Normal-Service

`,
  init: () => ({ tos_value: 0, tos_mask: 0, invert: false }),
  parse(o, draft) {
    const v = o.value as { readonly value: number; readonly mask: number };
    draft['tos_value'] = v.value;
    draft['tos_mask'] = v.mask;
    if (o.inverted) draft['invert'] = true;
  },
  finish: (draft) => draftOf<TosInfo>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --tos 0x${hex(i.tos_value, 2)}/0x${hex(i.tos_mask, 2)}`,
  print(i, c) {
    const name = !c.numeric && i.tos_mask === 0x3f ? TOS_NAMES.find(([value]) => value === i.tos_value)?.[1] : undefined;
    return ` tos match${i.invert ? '!' : ''}${name ? ` ${name}` : `0x${hex(i.tos_value, 2)}/0x${hex(i.tos_mask, 2)}`}`;
  },
  tests: (i, family) => (family === 'ip' ? saidTests(networkTest(1, 1, i.tos_mask, [[i.tos_value, i.tos_value]], i.invert)) : nothing),
  match: (i, skb) => ((dsField(skb) & i.tos_mask) === i.tos_value) !== i.invert,
});
