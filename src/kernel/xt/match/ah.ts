import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { ALL32, isAll, printSpan, saveSpan, spanText } from '../number-range.ts';
import type { Span } from '../number-range.ts';
import { transport, u32, within } from '../packet.ts';
import { draftOf, rangeOf } from '../value.ts';

/** struct ipt_ah */
type AhInfo = { readonly spis: Span; readonly invert: boolean };

export const match = defineExtension<AhInfo>({
  kind: 'match',
  name: 'ah',
  families: ['ip'],
  revision: 0,
  options: [{ name: 'ahspi', type: 'uint32rc', invert: true }],
  help: () => `ah match options:
[!] --ahspi spi[:spi]
				match spi (range)
`,
  init: () => ({ spis: ALL32, invert: false }),
  parse(o, draft) {
    draft['spis'] = rangeOf(o);
    draft['invert'] = o.inverted;
  },
  finish: (draft) => draftOf<AhInfo>({ ...draft }),
  save: (i) => saveSpan('ahspi', i.spis, i.invert),
  print: (i) => ` ah ${printSpan('spi', i.spis, i.invert)}`,
  translate: (i) => (isAll(i.spis) && !i.invert ? 'meta l4proto ah' : `ah spi ${i.invert ? '!= ' : ''}${spanText(i.spis, '-')}`),
  check: (_, c) => needProtocol(c, 51),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 12);
    return at < 0 ? 'hotdrop' : within(u32(skb, at + 4), i.spis) !== i.invert;
  },
});
