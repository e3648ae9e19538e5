import { defineExtension } from '../definition.ts';
import { ALL32, isAll, printSpan, saveSpan, spanText, unknownInvflags } from '../number-range.ts';
import type { Span } from '../number-range.ts';
import { findIp6Header, u16, u32, u8, within } from '../packet.ts';
import { draftOf, numberOf, rangeOf } from '../value.ts';

/** struct ip6t_ah; invflags: IP6T_AH_INV_SPI 1, LEN 2 */
type Ah6Info = { readonly spis: Span; readonly hdrlen: number; readonly hdrres: boolean; readonly invflags: number };

export const match = defineExtension<Ah6Info>({
  kind: 'match',
  name: 'ah',
  families: ['ip6'],
  revision: 0,
  options: [
    { name: 'ahspi', type: 'uint32rc', invert: true },
    { name: 'ahlen', type: 'uint32', invert: true },
    { name: 'ahres', type: 'none' },
  ],
  help: () => `ah match options:
[!] --ahspi spi[:spi]          match spi (range)
[!] --ahlen length             total length of this header
 --ahres                       check the reserved field too
`,
  init: () => ({ spis: ALL32, hdrlen: 0, hdrres: false, invflags: 0 }),
  parse(o, draft) {
    const info = draftOf<Ah6Info>(draft);
    if (o.name === 'ahspi') {
      info.spis = rangeOf(o);
      if (o.inverted) info.invflags |= 1;
    } else if (o.name === 'ahlen') {
      info.hdrlen = numberOf(o);
      if (o.inverted) info.invflags |= 2;
    } else info.hdrres = true;
  },
  finish: (draft) => draftOf<Ah6Info>({ ...draft }),
  save: (i) =>
    saveSpan('ahspi', i.spis, (i.invflags & 1) !== 0) +
    (i.hdrlen !== 0 || i.invflags & 2 ? `${i.invflags & 2 ? ' !' : ''} --ahlen ${i.hdrlen}` : '') +
    (i.hdrres ? ' --ahres' : ''),
  print: (i) =>
    ` ah ${printSpan('spi', i.spis, (i.invflags & 1) !== 0)}` +
    (i.hdrlen !== 0 || i.invflags & 2 ? `length:${i.invflags & 2 ? '!' : ''}${i.hdrlen}` : '') +
    (i.hdrres ? ' reserved' : '') +
    unknownInvflags(i.invflags, 3),
  translate(i) {
    const parts: string[] = [];
    if (!isAll(i.spis) || i.invflags & 1) parts.push(`ah spi ${i.invflags & 1 ? '!= ' : ''}${spanText(i.spis, '-')}`);
    if (i.hdrlen !== 0 || i.invflags & 2) parts.push(`ah hdrlength ${i.invflags & 2 ? '!= ' : ''}${i.hdrlen}`);
    if (i.hdrres) parts.push('ah reserved 1');
    return parts.join(' ') || 'exthdr ah exists';
  },
  match(i, skb) {
    const at = findIp6Header(skb, 51);
    if (at < 0) return false;
    if (at + 12 > skb.data.length) return 'hotdrop';
    const length = (u8(skb, at + 1) + 2) << 2;
    return (
      within(u32(skb, at + 4), i.spis) !== ((i.invflags & 1) !== 0) &&
      (i.hdrlen === 0 || (i.hdrlen === length) !== ((i.invflags & 2) !== 0)) &&
      !(i.hdrres && u16(skb, at + 2) !== 0)
    );
  },
});
