import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { spanText } from '../number-range.ts';
import { transport, u8, u16, within } from '../packet.ts';
import { draftOf, rangeOf } from '../value.ts';

/** struct xt_tcpmss_match_info */
type TcpmssInfo = { readonly mss: readonly [number, number]; readonly invert: boolean };

export const match = defineExtension<TcpmssInfo>({
  kind: 'match',
  name: 'tcpmss',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [{ name: 'mss', type: 'uint16rc', invert: true, mandatory: true }],
  help: () => `tcpmss match options:
[!] --mss value[:value]	Match TCP MSS range.
				(only valid for TCP SYN or SYN/ACK packets)
`,
  init: () => ({ mss: [0, 0], invert: false }),
  parse(o, draft) {
    draft['mss'] = rangeOf(o);
    if (o.inverted) draft['invert'] = true;
  },
  finish: (draft) => draftOf<TcpmssInfo>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --mss ${spanText(i.mss, ':')}`,
  print: (i) => ` tcpmss match ${i.invert ? '!' : ''}${spanText(i.mss, ':')}`,
  translate: (i) => `tcp option maxseg size ${i.invert ? '!= ' : ''}${spanText(i.mss, '-')}`,
  check: (_, c) => needProtocol(c, 6),
  /** xt_tcpmss.c: no MSS option, no answer: an inverted match is true then. */
  match(i, skb) {
    const th = transport(skb, 20);
    if (th < 0) return 'hotdrop';
    const header = (u8(skb, th + 12) >> 4) * 4;
    if (header < 20 || th + header > skb.data.length) return 'hotdrop';
    for (let n = th + 20; n < th + header; ) {
      if (skb.data[n] === 2 && th + header - n >= 4 && skb.data[n + 1] === 4) return within(u16(skb, n + 2), i.mss) !== i.invert;
      n += skb.data[n] < 2 || n === th + header - 1 ? 1 : skb.data[n + 1] || 1;
    }
    return i.invert;
  },
});
