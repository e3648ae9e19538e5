import { defineExtension } from '../definition.ts';
import { fields, HOOK, isProto, misplaced, TCP } from './_common.ts';
import { services, verdict } from './_services.ts';

/** null: that option was not given. */
type Info = { readonly sack: boolean; readonly timestamp: boolean; readonly wscale: number | null; readonly mss: number | null; readonly ecn: boolean };

/** XT_SYNPROXY_OPT_* */
const OPTION = { MSS: 1, WSCALE: 2, SACK_PERM: 4, TIMESTAMP: 8, ECN: 16 } as const;

const words = (i: Info): string[] =>
  [i.sack ? 'sack-perm' : '', i.timestamp ? 'timestamp' : '', i.wscale === null ? '' : `wscale ${i.wscale}`, i.mss === null ? '' : `mss ${i.mss}`, i.ecn ? 'ecn' : ''].filter(
    (w) => w !== '',
  );

/** extensions/libxt_SYNPROXY.c, net/ipv4/netfilter/ipt_SYNPROXY.c. Numbers wrap into the struct's 8 and 16 bits. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'SYNPROXY',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'sack-perm', type: 'none' },
    { name: 'timestamp', type: 'none' },
    { name: 'wscale', type: 'uint32' },
    { name: 'mss', type: 'uint32' },
    { name: 'ecn', type: 'none' },
  ],
  help: () => `SYNPROXY target options:
  --sack-perm                        Set SACK_PERM
  --timestamp                        Set TIMESTAMP
  --wscale value                     Set window scaling factor
  --mss value                        Set MSS value
  --ecn                              Set ECN
`,
  init: () => ({ sack: false, timestamp: false, wscale: null, mss: null, ecn: false }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    switch (o.name) {
      case 'sack-perm':
        d.sack = true;
        break;
      case 'timestamp':
        d.timestamp = true;
        break;
      case 'wscale':
        d.wscale = Number(o.value) & 0xff;
        break;
      case 'mss':
        d.mss = Number(o.value) & 0xffff;
        break;
      case 'ecn':
        d.ecn = true;
        break;
    }
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) =>
    words(i)
      .map((w) => ` --${w}`)
      .join(''),
  print: (i) =>
    ` SYNPROXY ${words(i)
      .map((w) => `${w} `)
      .join('')}`,
  translate: (i) => ['synproxy', ...words(i), ''].join(' '),
  check: (_, c) => misplaced({ hooks: HOOK.IN | HOOK.FWD }, c) ?? (isProto(c, TCP) ? null : 'EINVAL'),
  target(i, skb, state) {
    const flags =
      (i.mss === null ? 0 : OPTION.MSS) |
      (i.wscale === null ? 0 : OPTION.WSCALE) |
      (i.sack ? OPTION.SACK_PERM : 0) |
      (i.timestamp ? OPTION.TIMESTAMP : 0) |
      (i.ecn ? OPTION.ECN : 0);
    return verdict(services(state)?.synproxy(skb, state, { mss: i.mss ?? 0, wscale: i.wscale ?? 0, flags }));
  },
});
