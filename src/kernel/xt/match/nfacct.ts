import { defineExtension } from '../definition.ts';
import { cut } from '../text.ts';
import { draftOf } from '../value.ts';

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
  parse: (o, draft) => { draft['name'] = cut(o.raw ?? '', 31); },
  finish: (draft) => draftOf<NfacctInfo>({ ...draft }),
  save: (i) => ` --nfacct-name ${i.name}`,
  print: (i) => ` nfacct-name  ${i.name}`,
  /** Accounting objects are made by nfacct(8), which is not modelled: there are none. */
  check: () => 'ENOENT',
});
