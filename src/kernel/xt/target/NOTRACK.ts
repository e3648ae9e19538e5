import { defineExtension } from '../definition.ts';
import { CT_FLAG, emptyCt } from './_ct.ts';
import type { CtInfo } from './_ct.ts';
import { target as ct } from './CT.ts';

/** extensions/libxt_CT.c: the alias NOTRACK of CT --notrack. The kernel only ever sees CT. */
export const target = defineExtension<CtInfo>({
  ...ct,
  name: 'NOTRACK',
  realName: 'CT',
  options: [],
  help: () => `NOTRACK does not take any options
`,
  init: () => ({}),
  parse() {},
  finish: () => ({ ...emptyCt, flags: CT_FLAG.NOTRACK | CT_FLAG.NOTRACK_ALIAS }),
});
