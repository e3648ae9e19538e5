import { FIELD } from '../../expr/field.ts';
import { CTINFO } from '../../net/skb.ts';
import { defineExtension } from '../definition.ts';
import { besideTest, saidTests } from '../field-tests.ts';
import { formatMark, markMask, translateMark } from '../mark-value.ts';
import type { MarkInfo } from '../mark-value.ts';

/** struct xt_connmark_mtinfo1 */
export const match = defineExtension<MarkInfo>({
  kind: 'match',
  name: 'connmark',
  families: ['ip', 'ip6', 'arp'],
  revision: 1,
  options: [{ name: 'mark', type: 'markmask32', invert: true, mandatory: true }],
  help: () => `connmark match options:
[!] --mark value[/mask]    Match ctmark value with optional mask
`,
  init: () => ({ mark: 0, mask: 0, invert: false }),
  parse: markMask,
  finish: (d) => ({ mark: d['mark'] as number, mask: d['mask'] as number, invert: d['invert'] as boolean }),
  save: (i) => `${i.invert ? ' !' : ''} --mark${formatMark(i)}`,
  print: (i) => ` connmark match ${i.invert ? '!' : ''}${formatMark(i)}`,
  translate: (i) => translateMark('ct mark', i),
  tests: (i) => saidTests(besideTest(FIELD.ctMark, i.mask, i.mark, i.invert, 'unknown')),
  match(i, skb) {
    const ct = skb.ct ?? skb.template;
    if (ct === null || skb.ctinfo === CTINFO.untracked) return false;
    return ((ct.mark & i.mask) >>> 0 === i.mark) !== i.invert;
  },
});
