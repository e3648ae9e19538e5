import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { ALL32, isAll, printSpan, saveSpan, spanText } from '../number-range.ts';
import type { Span } from '../number-range.ts';
import { transport, u32, within } from '../packet.ts';
import { draftOf, rangeOf } from '../value.ts';

/** struct xt_esp */
type EspInfo = { readonly spis: Span; readonly invert: boolean };

export const match = defineExtension<EspInfo>({
  kind: 'match',
  name: 'esp',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'espspi', type: 'uint32rc', invert: true }],
  help: () => `esp match options:
[!] --espspi spi[:spi]
				match spi (range)
`,
  init: () => ({ spis: ALL32, invert: false }),
  parse(o, draft) {
    draft['spis'] = rangeOf(o);
    draft['invert'] = o.inverted;
  },
  finish: (draft) => draftOf<EspInfo>({ ...draft }),
  save: (i) => saveSpan('espspi', i.spis, i.invert),
  print: (i) => ` esp${isAll(i.spis) && !i.invert ? '' : ` ${printSpan('spi', i.spis, i.invert)}`}`,
  translate(i, c) {
    if (!isAll(i.spis) || i.invert) return `esp spi${i.invert ? ' !=' : ''} ${spanText(i.spis, '-')}`;
    return c.family === 'ip6' ? 'exthdr esp exists' : 'meta l4proto esp';
  },
  check: (_, c) => needProtocol(c, 50),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 8);
    return at < 0 ? 'hotdrop' : within(u32(skb, at), i.spis) !== i.invert;
  },
});
