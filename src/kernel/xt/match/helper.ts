import { defineExtension } from '../definition.ts';
import { cut, saveString } from '../text.ts';
import { draftOf, textOf } from '../value.ts';

/** struct xt_helper_info: 30 bytes; an empty name matches any helper. */
type HelperInfo = { readonly name: string; readonly invert: boolean };

export const match = defineExtension<HelperInfo>({
  kind: 'match',
  name: 'helper',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  alike: true,
  options: [{ name: 'helper', type: 'string', invert: true, mandatory: true }],
  help: () => `helper match options:
[!] --helper string        Match helper identified by string
`,
  init: () => ({ name: '', invert: false }),
  parse(o, draft) {
    draft['name'] = cut(textOf(o), 29);
    draft['invert'] = o.inverted;
  },
  finish: (draft) => draftOf<HelperInfo>({ ...draft }),
  save: (i) => `${i.invert ? ' !' : ''} --helper${saveString(i.name)}`,
  print: (i) => ` helper match ${i.invert ? '! ' : ''}"${i.name}"`,
  translate: (i) => `ct helper${i.invert ? ' !=' : ''} "${i.name}"`,
  match(i, skb) {
    const master = skb.ct?.master;
    if (!master || master.helper === null) return i.invert;
    return (i.name === '' || master.helper.startsWith(i.name)) !== i.invert;
  },
});
