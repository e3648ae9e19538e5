import { HOOK_BIT } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { parseValMask, nameMapOf, valMaskText } from '../text.ts';
import type { NameMap } from '../text.ts';
import { draftOf, fail, hex } from '../value.ts';

/** struct xt_devgroup_info */
type DevgroupInfo = { readonly src: Group | null; readonly dst: Group | null };
type Group = { readonly value: number; readonly mask: number; readonly invert: boolean };

const FILE = '/etc/iproute2/group';

function text(i: DevgroupInfo, prefix: string, map: NameMap | undefined): string {
  const side = (g: Group | null, option: string): string => (g ? `${g.invert ? ' !' : ''} ${prefix}${option}${valMaskText(g.value, g.mask, map)}` : '');
  return side(i.src, 'src-group') + side(i.dst, 'dst-group');
}

export const match = defineExtension<DevgroupInfo>({
  kind: 'match',
  name: 'devgroup',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'src-group', type: 'string', invert: true },
    { name: 'dst-group', type: 'string', invert: true },
  ],
  help: () => `devgroup match options:
[!] --src-group value[/mask]	Match device group of incoming device
[!] --dst-group value[/mask]	Match device group of outgoing device
`,
  init: () => ({ src: null, dst: null }),
  parse(o, draft, context) {
    const v = parseValMask(o.raw ?? '', 'devgroup', o.name, nameMapOf(context.names.file(FILE)));
    draft[o.name === 'src-group' ? 'src' : 'dst'] = { value: v.value, mask: v.mask, invert: o.inverted };
  },
  finish(draft) {
    if (!draft['src'] && !draft['dst']) fail("devgroup match: You must specify either '--src-group' or '--dst-group'");
    return draftOf<DevgroupInfo>({ ...draft });
  },
  save: (i, c) => text(i, '--', nameMapOf(c.names.file(FILE))),
  print: (i, c) => text(i, '', c.numeric ? undefined : nameMapOf(c.names.file(FILE))),
  translate(i) {
    // devgroup_show_xlate keeps the operator of the first group for the second.
    const side = (g: Group | null, word: string): string | null => {
      const not = g?.invert || i.src?.invert;
      return g && (g.mask === 0xffffffff ? `${word} ${not ? '!= ' : ''}0x${hex(g.value)}` : `${word} and 0x${hex(g.mask)} ${not ? '!=' : '=='} 0x${hex(g.value)}`);
    };
    return [side(i.src, 'iifgroup'), side(i.dst, 'oifgroup')].filter((s) => s !== null).join(' ');
  },
  /** xt_devgroup.c: devgroup_mt_checkentry */
  check(i, c) {
    if (i.src && c.hookMask & ~(HOOK_BIT.prerouting | HOOK_BIT.input | HOOK_BIT.forward)) return 'EINVAL';
    if (i.dst && c.hookMask & ~(HOOK_BIT.forward | HOOK_BIT.output | HOOK_BIT.postrouting)) return 'EINVAL';
    return null;
  },
  match(i, _, state) {
    const has = (g: Group | null, group: number | undefined): boolean => g === null || (((group ?? 0) & g.mask) >>> 0 === g.value) !== g.invert;
    return has(i.src, state.in?.group) && has(i.dst, state.out?.group);
  },
});
