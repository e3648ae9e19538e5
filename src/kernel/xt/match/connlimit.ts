import { maskLength, ntop, prefixMask } from '../address.ts';
import { countConnections } from '../connlimit-count.ts';
import { defineExtension } from '../definition.ts';
import type { PrintContext } from '../definition.ts';
import { draftOf, fail, numberOf } from '../value.ts';

/** struct xt_connlimit_info; the mask's length depends on the family. */
export type ConnlimitInfo = { readonly mask: Uint8Array; readonly limit: number; readonly invert: boolean; readonly daddr: boolean };

/** count_bits4, count_bits6: the ones in front. */
function maskBits(mask: Uint8Array): number {
  let n = 0;
  while (n < mask.length * 8 && mask[n >> 3] & (0x80 >> (n & 7))) n++;
  return n;
}

export const match = defineExtension<ConnlimitInfo>({
  kind: 'match',
  name: 'connlimit',
  families: ['ip', 'ip6'],
  revision: 1,
  options: [
    { name: 'connlimit-upto', type: 'uint32', invert: true, excludes: ['connlimit-above'] },
    { name: 'connlimit-above', type: 'uint32', invert: true, excludes: ['connlimit-upto'] },
    { name: 'connlimit-mask', type: 'plenmask' },
    { name: 'connlimit-saddr', type: 'none', excludes: ['connlimit-daddr'] },
    { name: 'connlimit-daddr', type: 'none', excludes: ['connlimit-saddr'] },
  ],
  help: () => `connlimit match options:
  --connlimit-upto n     match if the number of existing connections is 0..n
  --connlimit-above n    match if the number of existing connections is >n
  --connlimit-mask n     group hosts using prefix length (default: max len)
  --connlimit-saddr      select source address for grouping
  --connlimit-daddr      select destination addresses for grouping
`,
  init: (family) => ({ mask: prefixMask(family === 'ip6' ? 128 : 32, family === 'ip6' ? 16 : 4), limit: 0, invert: false, daddr: false }),
  parse(o, draft) {
    const info = draftOf<ConnlimitInfo>(draft);
    switch (o.name) {
      case 'connlimit-upto':
        info.limit = numberOf(o);
        if (!o.inverted) info.invert = true;
        break;
      case 'connlimit-above':
        info.limit = numberOf(o);
        if (o.inverted) info.invert = true;
        break;
      case 'connlimit-mask':
        info.mask = (o.value as { readonly mask: Uint8Array }).mask;
        break;
      case 'connlimit-saddr':
        info.daddr = false;
        break;
      default:
        info.daddr = true;
    }
  },
  finish(draft, context) {
    if (!context.seen.has('connlimit-upto') && !context.seen.has('connlimit-above')) fail('You must specify "--connlimit-above" or "--connlimit-upto".');
    return draftOf<ConnlimitInfo>({ ...draft });
  },
  /** Of a mask that is no prefix, XTTYPE_PLENMASK copies more than it wrote. */
  elusive: (i) => maskLength(i.mask) < 0,
  save: (i) => ` --connlimit-${i.invert ? 'upto' : 'above'} ${i.limit} --connlimit-mask ${maskBits(i.mask)} --connlimit-${i.daddr ? 'daddr' : 'saddr'}`,
  print: (i, _: PrintContext) => ` #conn ${i.daddr ? 'dst' : 'src'}/${maskBits(i.mask)} ${i.invert ? '<=' : '>'} ${i.limit}`,
  /** connlimit_xlate: a rule that adds to a dynamic set of its own, which must be declared first. */
  translate(i, c) {
    if (!c.sets) return null;
    const number = c.sets.length;
    const v6 = i.mask.length === 16;
    const field = `${v6 ? 'ip6' : 'ip'} ${i.daddr ? 'daddr' : 'saddr'}`;
    const masked = maskBits(i.mask) < i.mask.length * 8 ? `${field} and ${ntop(i.mask)}` : field;
    c.sets.push(`connlimit${number} { type ipv4_addr; flags dynamic; }`);
    return `add @connlimit${number} { ${masked} ct count ${i.invert ? '' : 'over '}${i.limit} }`;
  },
  match: (i, skb, state, keep) => {
    const n = countConnections(i, skb, state, keep);
    return n === 0 ? 'hotdrop' : n > i.limit !== i.invert;
  },
});
