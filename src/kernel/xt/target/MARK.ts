import { defineExtension } from '../definition.ts';
import { hex } from '../number.ts';
import { paramProblem } from '../text.ts';
import { fields } from './_common.ts';

type Info = { readonly mark: number; readonly mask: number };
type MarkMask = { readonly mark: number; readonly mask: number };

const ALL = 0xffffffff;
const OPERATIONS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'];
const others = (name: string): string[] => OPERATIONS.filter((o) => o !== name);

/** extensions/libxt_MARK.c, net/netfilter/xt_mark.c (revision 2) */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'MARK',
  families: ['ip', 'ip6', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 2,
  options: [
    { name: 'set-xmark', type: 'markmask32', excludes: others('set-xmark') },
    { name: 'set-mark', type: 'markmask32', excludes: others('set-mark') },
    { name: 'and-mark', type: 'uint32', excludes: others('and-mark') },
    { name: 'or-mark', type: 'uint32', excludes: others('or-mark') },
    { name: 'xor-mark', type: 'uint32', excludes: others('xor-mark') },
  ],
  help: () => `MARK target options:
  --set-xmark value[/mask]  Clear bits in mask and XOR value into nfmark
  --set-mark value[/mask]   Clear bits in mask and OR value into nfmark
  --and-mark bits           Binary AND the nfmark with bits
  --or-mark bits            Binary OR the nfmark with bits
  --xor-mark bits           Binary XOR the nfmark with bits
`,
  init: () => ({ mark: 0, mask: 0 }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    const n = Number(o.value);
    switch (o.name) {
      case 'set-xmark': {
        const v = o.value as MarkMask;
        d.mark = v.mark;
        d.mask = v.mask;
        break;
      }
      case 'set-mark': {
        const v = o.value as MarkMask;
        d.mark = v.mark;
        d.mask = (v.mark | v.mask) >>> 0;
        break;
      }
      case 'and-mark':
        d.mark = 0;
        d.mask = ~n >>> 0;
        break;
      case 'or-mark':
        d.mark = n;
        d.mask = n;
        break;
      case 'xor-mark':
        d.mark = n;
        d.mask = 0;
        break;
    }
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
    const { mark, mask } = fields<Info>(d);
    return { mark, mask };
  },
  save: (i) => ` --set-xmark ${hex(i.mark)}/${hex(i.mask)}`,
  print({ mark, mask }) {
    if (mark === 0) return ` MARK and ${hex(~mask)}`;
    if (mark === mask) return ` MARK or ${hex(mark)}`;
    if (mask === 0) return ` MARK xor ${hex(mark)}`;
    return mask === ALL ? ` MARK set ${hex(mark)}` : ` MARK xset ${hex(mark)}/${hex(mask)}`;
  },
  translate({ mark, mask }) {
    const value =
      mask === ALL
        ? hex(mark)
        : mark === 0
          ? `mark and ${hex(~mask)}`
          : mark === mask
            ? `mark or ${hex(mark)}`
            : mask === 0
              ? `mark xor ${hex(mark)}`
              : `mark and ${hex(~mask)} xor ${hex(mark)}`;
    return `meta mark set ${value} `;
  },
  check: () => null,
  target(i, skb) {
    skb.mark = ((skb.mark & ~i.mask) ^ i.mark) >>> 0;
    return 'continue';
  },
});
