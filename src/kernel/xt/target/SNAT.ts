import { defineExtension } from '../definition.ts';
import { fields, HOOK, misplaced } from './_common.ts';
import { emptyRange, FLAG_OF, flagList, flagOptions, parseTo, RANGE, rangeText, withoutBase } from './_nat.ts';
import type { NatInfo } from './_nat.ts';
import { services, verdict } from './_services.ts';

/** extensions/libxt_NAT.c, net/netfilter/xt_nat.c (IPv4 revision 0, IPv6 revision 1) */
export const target = defineExtension<NatInfo>({
  kind: 'target',
  name: 'SNAT',
  families: ['ip', 'ip6'],
  revision: { ip: 0, ip6: 1 },
  options: [
    { name: 'to-source', type: 'string', mandatory: true },
    { name: 'random', type: 'none', code: 3 },
    { name: 'random-fully', type: 'none', code: 4 },
    { name: 'persistent', type: 'none', code: 5 },
  ],
  help: () => `SNAT target options:
 --to-source [<ipaddr>[-<ipaddr>]][:port[-port]]
				Address to map source to.
[--random] [--random-fully] [--persistent]
`,
  init: (family) => ({ ...emptyRange(family) }),
  parse(o, d, c) {
    if (o.name === 'to-source') parseTo(String(o.value), fields<NatInfo>(d), c);
    else fields<NatInfo>(d).flags |= FLAG_OF[o.name];
  },
  finish: (d) => withoutBase(fields<NatInfo>(d)),
  save: (i) => ` --to-source ${rangeText(i)}${flagOptions(i.flags, '--')}`,
  print: (i) => ` to:${rangeText(i)}${flagOptions(i.flags, '')}`,
  translate: (i) => (i.flags & RANGE.PROTO_OFFSET ? null : `snat to ${rangeText(i)}${flagList(i.flags)}`),
  check: (_, c) => misplaced({ table: 'nat', hooks: HOOK.POST | HOOK.IN }, c),
  target: (i, skb, state) => verdict(services(state)?.nat(skb, state, i, 'src')),
});
