import { defineExtension } from '../definition.ts';
import { paramProblem } from '../text.ts';
import { fields, HOOK, misplaced } from './_common.ts';
import { emptyRange, FLAG_OF, flagList, flagOptions, parsePorts, portsText, RANGE, rangeText } from './_nat.ts';
import type { NatInfo } from './_nat.ts';
import { services, verdict } from './_services.ts';

const ports = (i: NatInfo): boolean => (i.flags & RANGE.PROTO_SPECIFIED) !== 0;

/** extensions/libxt_NAT.c, net/netfilter/xt_REDIRECT.c */
export const target = defineExtension<NatInfo>({
  kind: 'target',
  name: 'REDIRECT',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'to-ports', type: 'string' },
    { name: 'random', type: 'none', code: 3 },
  ],
  help: () => `REDIRECT target options:
 --to-ports <port>[-<port>]
				Port (range) to map to.
 [--random]
`,
  init: (family) => ({ ...emptyRange(family) }),
  parse(o, d, c) {
    const range = fields<NatInfo>(d);
    if (o.name !== 'to-ports') {
      range.flags |= FLAG_OF[o.name];
      return;
    }
    parsePorts(String(o.value), range, c);
  },
  finish(d) {
    const range = fields<NatInfo>(d);
    if (range.flags & RANGE.PROTO_OFFSET) throw paramProblem('Shifted portmap ranges not supported with this kernel');
    return { ...range };
  },
  save: (i) => `${ports(i) ? ` --to-ports ${portsText(i)}` : ''}${flagOptions(i.flags, '--')}`,
  print: (i) => `${ports(i) ? ` redir ports ${portsText(i)}` : ''}${flagOptions(i.flags, '')}`,
  translate: (i) => `redirect${ports(i) ? ` to ${rangeText(i)}` : ''}${flagList(i.flags)}`,
  check: (_, c) => misplaced({ table: 'nat', hooks: HOOK.PRE | HOOK.OUT }, c),
  target: (i, skb, state) => verdict(services(state)?.redirect(skb, state, i)),
});
