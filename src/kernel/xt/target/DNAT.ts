import { defineExtension } from '../definition.ts';
import { fields, HOOK, misplaced } from './_common.ts';
import { emptyRange, FLAG_OF, flagList, flagOptions, parseTo, RANGE, rangeText } from './_nat.ts';
import type { NatInfo } from './_nat.ts';
import { services, verdict } from './_services.ts';

/** extensions/libxt_NAT.c, net/netfilter/xt_nat.c (revision 2) */
export const target = defineExtension<NatInfo>({
  kind: 'target',
  name: 'DNAT',
  families: ['ip', 'ip6'],
  revision: 2,
  options: [
    { name: 'to-destination', type: 'string', mandatory: true },
    { name: 'random', type: 'none', code: 3 },
    { name: 'persistent', type: 'none', code: 5 },
  ],
  help: () => `DNAT target options:
 --to-destination [<ipaddr>[-<ipaddr>]][:port[-port[/port]]]
				Address to map destination to.
[--random] [--persistent]
`,
  init: (family) => ({ ...emptyRange(family) }),
  parse(o, d, c) {
    if (o.name === 'to-destination') parseTo(String(o.value), fields<NatInfo>(d), c);
    else fields<NatInfo>(d).flags |= FLAG_OF[o.name];
  },
  finish: (d) => ({ ...fields<NatInfo>(d) }),
  save: (i) => ` --to-destination ${rangeText(i)}${flagOptions(i.flags, '--')}`,
  print: (i) => ` to:${rangeText(i)}${flagOptions(i.flags, '')}`,
  translate: (i) => (i.flags & RANGE.PROTO_OFFSET ? null : `dnat to ${rangeText(i)}${flagList(i.flags)}`),
  check: (_, c) => misplaced({ table: 'nat', hooks: HOOK.PRE | HOOK.OUT }, c),
  target: (i, skb, state) => verdict(services(state)?.nat(skb, state, i, 'dst')),
});
