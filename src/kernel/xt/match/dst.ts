import { defineExtension } from '../definition.ts';
import { optsExtension } from '../ip6-options.ts';
import type { OptsInfo } from '../ip6-options.ts';

export const match = defineExtension<OptsInfo>({
  ...optsExtension('dst', 60),
  help: () => `dst match options:
[!] --dst-len length            total length of this header
  --dst-opts TYPE[:LEN][,TYPE[:LEN]...]
                                Options and its length (list, max: 16)
`,
});
