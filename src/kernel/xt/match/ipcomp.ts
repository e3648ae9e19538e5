import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { ALL32, printSpan, saveSpan, spanText } from '../number-range.ts';
import type { Span } from '../number-range.ts';
import { transport, u16, within } from '../packet.ts';
import { draftOf, rangeOf } from '../value.ts';

/** struct xt_ipcomp */
type IpcompInfo = { readonly spis: Span; readonly hdrres: boolean; readonly invert: boolean };

export const match = defineExtension<IpcompInfo>({
  kind: 'match',
  name: 'ipcomp',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'ipcompspi', type: 'uint32rc', invert: true },
    { name: 'compres', type: 'none' },
  ],
  help: () => `comp match options:
[!] --ipcompspi spi[:spi]
				match spi (range)
`,
  init: () => ({ spis: ALL32, hdrres: false, invert: false, nvals: 1 }),
  parse(o, draft) {
    if (o.name === 'compres') {
      // comp_parse takes the option for an SPI: what was a single one ends where it begins.
      draft['hdrres'] = true;
      if (draft['nvals'] === 1) draft['spis'] = [(draft['spis'] as Span)[0], (draft['spis'] as Span)[0]];
      return;
    }
    draft['spis'] = rangeOf(o);
    draft['nvals'] = (o.value as number[]).length;
    draft['invert'] = o.inverted;
  },
  finish: ({ nvals, ...rest }) => draftOf<IpcompInfo>(rest),
  save: (i) => saveSpan('ipcompspi', i.spis, i.invert) + (i.hdrres ? ' --compres' : ''),
  print: (i) => ` comp ${printSpan('spi', i.spis, i.invert)}${i.hdrres ? ' reserved' : ''}`,
  translate: (i) => `comp cpi ${i.invert ? '!= ' : ''}${spanText(i.spis, '-')}`,
  check: (_, c) => needProtocol(c, 108),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 4);
    return at < 0 ? 'hotdrop' : within(u16(skb, at + 2), i.spis) !== i.invert;
  },
});
