import { defineExtension } from '../definition.ts';
import { fields, HOOK, misplaced } from './_common.ts';
import { emptyRange, FLAG_OF, flagList, flagOptions, parsePorts, portsText, RANGE, rangeText, withoutBase } from './_nat.ts';
import type { NatInfo } from './_nat.ts';
import { services, verdict } from './_services.ts';

const ports = (i: NatInfo): boolean => (i.flags & RANGE.PROTO_SPECIFIED) !== 0;

/** extensions/libxt_NAT.c, net/netfilter/xt_MASQUERADE.c */
export const target = defineExtension<NatInfo>({
  kind: 'target',
  name: 'MASQUERADE',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'to-ports', type: 'string' },
    { name: 'random', type: 'none', code: 3 },
    { name: 'random-fully', type: 'none', code: 4 },
  ],
  help: () => `MASQUERADE target options:
 --to-ports <port>[-<port>]
				Port (range) to map to.
 --random
				Randomize source port.
 --random-fully
				Fully randomize source port.
`,
  init: (family) => ({ ...emptyRange(family) }),
  parse(o, d, c) {
    if (o.name === 'to-ports') parsePorts(String(o.value), fields<NatInfo>(d), c);
    else fields<NatInfo>(d).flags |= FLAG_OF[o.name];
  },
  finish: (d) => withoutBase(fields<NatInfo>(d)),
  save: (i) => `${ports(i) ? ` --to-ports ${portsText(i)}` : ''}${flagOptions(i.flags, '--')}`,
  print: (i) => `${ports(i) ? ` masq ports: ${portsText(i)}` : ''}${flagOptions(i.flags, '')}`,
  translate: (i) => (i.flags & RANGE.PROTO_OFFSET ? null : `masquerade${ports(i) ? ` to ${rangeText(i)}` : ''}${flagList(i.flags)}`),
  check: (_, c) => misplaced({ table: 'nat', hooks: HOOK.POST }, c),
  target: (i, skb, state) => verdict(services(state)?.masquerade(skb, state, i)),
});
