import { defineExtension } from '../definition.ts';
import { paramProblem } from '../text.ts';
import { fields, refusedInArp } from './_common.ts';

type Info = { readonly type: 'accept' | 'drop' | 'reject' };
const isType = (s: string): s is Info['type'] => s === 'accept' || s === 'drop' || s === 'reject';

/** extensions/libxt_AUDIT.c, net/netfilter/xt_AUDIT.c. xt_AUDIT writes nothing while auditing is off, as it is until a daemon switches it on. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'AUDIT',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  revision: 0,
  options: [{ name: 'type', type: 'string', mandatory: true }],
  help: () => `AUDIT target options
  --type TYPE		Action type to be recorded.
`,
  init: () => ({ type: 'accept' }),
  parse(o, d) {
    const s = (o.raw ?? '').toLowerCase();
    if (!isType(s)) throw paramProblem(`Bad action type value "${o.raw}"`);
    fields<Info>(d).type = s;
  },
  finish: (d) => ({ type: fields<Info>(d).type }),
  save: (i) => ` --type ${i.type}`,
  print: (i) => ` AUDIT ${i.type}`,
  translate: () => 'log level audit',
  check: refusedInArp,
  target: () => 'continue',
});
