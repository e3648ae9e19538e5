import { defineExtension } from '../definition.ts';
import { paramProblem } from '../text.ts';
import { fields, HOOK, misplaced, TCP } from './_common.ts';
import { mangleMss } from './_tcpmss.ts';

/** null: clamp to the path MTU. */
type Info = { readonly mss: number | null };

/** extensions/libxt_TCPMSS.c, net/netfilter/xt_TCPMSS.c. Through nft_compat the kernel does not look for a match on SYN. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'TCPMSS',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'set-mss', id: 'set-mss4', type: 'uint16', min: 0, max: 65535 - 20, families: ['ip'] },
    { name: 'set-mss', id: 'set-mss6', type: 'uint16', min: 0, max: 65535 - 40, families: ['ip6'] },
    { name: 'clamp-mss-to-pmtu', type: 'none', code: 1 },
  ],
  help: (family) =>
    family === 'ip6'
      ? `TCPMSS target mutually-exclusive options:
  --set-mss value               explicitly set MSS option to specified value
  --clamp-mss-to-pmtu           automatically clamp MSS value to (path_MTU - 40)
`
      : `TCPMSS target mutually-exclusive options:
  --set-mss value               explicitly set MSS option to specified value
  --clamp-mss-to-pmtu           automatically clamp MSS value to (path_MTU - 20)
`,
  init: () => ({ mss: 0 }),
  parse(o, d) {
    fields<Info>(d).mss = o.name === 'set-mss' ? Number(o.value) : null;
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('TCPMSS target: At least one parameter is required');
    return { mss: fields<Info>(d).mss };
  },
  save: (i) => (i.mss === null ? ' --clamp-mss-to-pmtu' : ` --set-mss ${i.mss}`),
  print: (i) => (i.mss === null ? ' TCPMSS clamp to PMTU' : ` TCPMSS set ${i.mss}`),
  translate: (i) => `tcp option maxseg size set ${i.mss === null ? 'rt mtu' : i.mss}`,
  check: (i, c) => misplaced({ proto: TCP }, c) ?? (i.mss === null ? misplaced({ hooks: HOOK.FWD | HOOK.OUT | HOOK.POST }, c) : null),
  target: (i, skb, state) => mangleMss(skb, state, i.mss),
});
