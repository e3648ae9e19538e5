import { HOOK_BIT, needHooks } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { parseValMask, nameMapOf, valMaskText } from '../text.ts';
import { draftOf, hex } from '../value.ts';

/** struct xt_realm_info */
type RealmInfo = { readonly id: number; readonly mask: number; readonly invert: boolean };

const REALMS = '/etc/iproute2/rt_realms';

export const match = defineExtension<RealmInfo>({
  kind: 'match',
  name: 'realm',
  families: ['ip'],
  revision: 0,
  options: [{ name: 'realm', type: 'string', invert: true, mandatory: true }],
  help: () => `realm match options:
[!] --realm value[/mask]
				Match realm
`,
  init: () => ({ id: 0, mask: 0, invert: false }),
  parse(o, draft, context) {
    const v = parseValMask(o.raw ?? '', 'realm', 'realm', nameMapOf(context.names.file(REALMS)));
    draft['id'] = v.value;
    draft['mask'] = v.mask;
    if (o.inverted) draft['invert'] = true;
  },
  finish: (draft) => draftOf<RealmInfo>({ ...draft }),
  save: (i, c) => `${i.invert ? ' !' : ''} --realm${valMaskText(i.id, i.mask, nameMapOf(c.names.file(REALMS)))}`,
  print: (i, c) => `${i.invert ? ' !' : ''} realm${valMaskText(i.id, i.mask, c.numeric ? undefined : nameMapOf(c.names.file(REALMS)))}`,
  translate(i, c) {
    const names = nameMapOf(c.names.file(REALMS)) ?? [];
    if (i.mask !== 0xffffffff) return `rtclassid and 0x${hex(i.mask)} ${i.invert ? '!=' : '=='} 0x${hex(i.id)}`;
    const name = c.numeric ? undefined : [...names].find(([, id]) => id === i.id)?.[0];
    return `rtclassid ${i.invert ? '!= ' : ''}${name ?? `0x${hex(i.id)}`}`;
  },
  check: (_, c) => needHooks(c, HOOK_BIT.postrouting | HOOK_BIT.forward | HOOK_BIT.output | HOOK_BIT.input),
  match: (i, skb) => ((skb.rtclassid & i.mask) >>> 0 === i.id) !== i.invert,
});
