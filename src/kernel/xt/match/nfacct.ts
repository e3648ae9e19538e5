import { defineExtension } from '../definition.ts';
import { cut, saveString } from '../text.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_nfacct_match_info_v1: NFACCT_NAME_MAX is 32. */
type NfacctInfo = { readonly name: string };

export const match = defineExtension<NfacctInfo>({
  kind: 'match',
  name: 'nfacct',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  revision: 1,
  options: [{ name: 'nfacct-name', type: 'string', min: 1, size: 32, mandatory: true }],
  help: () => `nfacct match options:
 --nfacct-name STRING		Name of accouting area
`,
  init: () => ({ name: '' }),
  parse(o, draft) {
    if (o.raw?.includes('\n')) fail('Newlines not allowed in --nfacct-name');
    draft['name'] = cut(o.raw ?? '', 31);
  },
  finish: (draft) => draftOf<NfacctInfo>({ ...draft }),
  save: (i) => ` --nfacct-name ${saveString(i.name)}`,
  print: (i) => ` nfacct-name ${saveString(i.name)}`,
  /** Accounting objects are made by nfacct(8), which is not modelled: there are none. */
  check: () => 'ENOENT',
});
