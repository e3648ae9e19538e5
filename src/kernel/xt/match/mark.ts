import { defineExtension } from '../definition.ts';
import { FIELD } from '../../expr/field.ts';
import { besideTest, saidTests } from '../field-tests.ts';
import { formatMark, markMask, translateMark } from '../mark-value.ts';
import type { MarkInfo } from '../mark-value.ts';

export type { MarkInfo };

/** struct xt_mark_mtinfo1 */
export const match = defineExtension<MarkInfo>({
  kind: 'match',
  name: 'mark',
  families: ['ip', 'ip6', 'arp'],
  revision: 1,
  options: [{ name: 'mark', type: 'markmask32', invert: true, mandatory: true }],
  help: () => `mark match options:
[!] --mark value[/mask]    Match nfmark value with optional mask
`,
  init: () => ({ mark: 0, mask: 0, invert: false }),
  parse: markMask,
  finish: (d) => ({ mark: d['mark'] as number, mask: d['mask'] as number, invert: d['invert'] as boolean }),
  save: (i) => `${i.invert ? ' !' : ''} --mark${formatMark(i)}`,
  print: (i) => ` mark match${i.invert ? ' !' : ''}${formatMark(i)}`,
  translate: (i) => translateMark('mark', i),
  tests: (i) => saidTests(besideTest(FIELD.mark, i.mask, i.mark, i.invert)),
  match: (i, skb) => ((skb.mark & i.mask) >>> 0 === i.mark) !== i.invert,
});
