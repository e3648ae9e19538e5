import { HOOK_BIT } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { reversePath } from '../environment.ts';
import { destination, source } from '../packet.ts';
import { draftOf } from '../value.ts';

/** struct xt_rpfilter_info */
type RpfilterInfo = { readonly loose: boolean; readonly validmark: boolean; readonly acceptLocal: boolean; readonly invert: boolean };

const text = (i: RpfilterInfo, prefix: string): string =>
  (i.loose ? ` ${prefix}loose` : '') + (i.validmark ? ` ${prefix}validmark` : '') + (i.acceptLocal ? ` ${prefix}accept-local` : '') + (i.invert ? ` ${prefix}invert` : '');

export const match = defineExtension<RpfilterInfo>({
  kind: 'match',
  name: 'rpfilter',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'loose', type: 'none' },
    { name: 'validmark', type: 'none' },
    { name: 'accept-local', type: 'none' },
    { name: 'invert', type: 'none' },
  ],
  help: () => `rpfilter match options:
    --loose          permit reverse path via any interface
    --validmark      use skb nfmark when performing route lookup
    --accept-local   do not reject packets with a local source address
    --invert         match packets that failed the reverse path test
`,
  init: () => ({ loose: false, validmark: false, acceptLocal: false, invert: false }),
  parse: (o, draft) => {
    draft[o.name === 'accept-local' ? 'acceptLocal' : o.name] = true;
  },
  finish: (draft) => draftOf<RpfilterInfo>({ ...draft }),
  save: (i) => text(i, '--'),
  print: (i) => ` rpfilter${text(i, '')}`,
  translate: (i) =>
    i.acceptLocal && !i.invert
      ? null
      : `${i.acceptLocal ? 'fib saddr type != local ' : ''}fib saddr${i.validmark ? ' . mark' : ''}${i.loose ? '' : ' . iif'} oif ${i.invert ? '' : '!= '}0`,
  /** xt_rpfilter.c: rpfilter_check; both tables run in prerouting */
  check: (_, c) => (c.table !== 'mangle' && c.table !== 'raw' ? 'EINVAL' : c.hookMask & ~HOOK_BIT.prerouting ? 'EINVAL' : null),
  /** ipt_rpfilter.c, ip6t_rpfilter.c: rpfilter_mt */
  match(i, skb, state) {
    if (!state.in || state.in.type === 'loopback') return !i.invert;
    const src = source(skb);
    if (src.length === 4) {
      const dst = destination(skb);
      if (dst[0] >> 4 === 14 && src.every((b) => b === 0)) return !i.invert;
      if (dst.every((b) => b === 255) && src.every((b) => b === 0)) return !i.invert;
    } else if (src[0] === 0xff || src.every((b) => b === 0)) return !i.invert;
    return reversePath(state.net, skb, state.in, i) !== i.invert;
  },
});
