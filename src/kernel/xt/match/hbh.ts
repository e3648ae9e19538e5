import { defineExtension } from '../definition.ts';
import { optsExtension } from '../ip6-options.ts';
import type { OptsInfo } from '../ip6-options.ts';

export const match = defineExtension<OptsInfo>({
  ...optsExtension('hbh', 0),
  help: () => `hbh match options:
[!] --hbh-len length            total length of this header
  --hbh-opts TYPE[:LEN][,TYPE[:LEN]...] 
                                Options and its length (list, max: 16)
`,
  translate: (i) => (i.flags === 1 ? `hbh hdrlength ${i.invflags & 1 ? '!= ' : ''}${i.hdrlen}` : null),
});
