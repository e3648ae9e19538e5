import { defineExtension } from '../definition.ts';
import { isIp6, lengthOf, u16, within } from '../packet.ts';
import { rangeOf } from '../value.ts';

/** struct xt_length_info */
export type LengthInfo = { readonly min: number; readonly max: number; readonly invert: boolean };

export const match = defineExtension<LengthInfo>({
  kind: 'match',
  name: 'length',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'length', type: 'uint16rc', invert: true, mandatory: true }],
  help: () => `length match options:
[!] --length length[:length]    Match packet length against value or range
                                of values (inclusive)
`,
  init: () => ({ min: 0, max: 0xffff, invert: false }),
  parse(o, draft) {
    [draft['min'], draft['max']] = rangeOf(o);
    draft['invert'] = o.inverted;
  },
  finish: (d) => ({ min: d['min'] as number, max: d['max'] as number, invert: d['invert'] as boolean }),
  save: (i) => `${i.invert ? ' !' : ''} --length ${i.min === i.max ? i.min : `${i.min}:${i.max}`}`,
  print: (i) => ` length ${i.invert ? '!' : ''}${i.min === i.max ? i.min : `${i.min}:${i.max}`}`,
  translate: (i) => `meta length ${i.invert ? '!= ' : ''}${i.min === i.max ? i.min : `${i.min}-${i.max}`}`,
  match(i, skb) {
    const length = isIp6(skb) ? u16(skb, skb.network + 4) + 40 : u16(skb, skb.network + 2) || lengthOf(skb);
    return within(length, [i.min, i.max]) !== i.invert;
  },
});
