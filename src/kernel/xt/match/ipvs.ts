import { maskText, ntop } from '../address.ts';
import { defineExtension } from '../definition.ts';
import type { PrintContext } from '../definition.ts';
import { badValue, draftOf, fail, numberOf } from '../value.ts';

/** struct xt_ipvs_mtinfo; bits XT_IPVS_IPVS_PROPERTY 1, PROTO 2, VADDR 4, VPORT 8, DIR 16, METHOD 32, VPORTCTL 64. The kernel has no xt_ipvs. */
type IpvsInfo = {
  readonly bitmask: number;
  readonly invert: number;
  readonly proto: number;
  readonly address: Uint8Array | null;
  readonly mask: Uint8Array | null;
  readonly vport: number;
  readonly vportctl: number;
  readonly method: number;
};
const BIT = { IPVS: 1, PROTO: 2, VADDR: 4, VPORT: 8, DIR: 16, METHOD: 32, VPORTCTL: 64 } as const;
/** IP_VS_CONN_F_MASQ, TUNNEL, DROUTE */
const METHODS: readonly (readonly [string, number])[] = [
  ['GATE', 3],
  ['IPIP', 2],
  ['MASQ', 0],
];

/** ipvs_mt_dump */
function text(i: IpvsInfo, prefix: string, c: PrintContext, numeric: boolean): string {
  if (i.bitmask === BIT.IPVS) return `${i.invert & BIT.IPVS ? ' !' : ''} ${prefix}ipvs`;
  const say = (bit: number, words: string): string => (i.bitmask & bit ? `${i.invert & bit ? ' !' : ''} ${prefix}${words}` : '');
  const address = (): string => {
    if (!i.address || !i.mask) return '';
    if (!numeric && i.address.every((b) => b === 0)) return ' anywhere';
    return ` ${(numeric ? undefined : c.names.hostName(i.address)) ?? ntop(i.address)}${maskText(i.mask)}`;
  };
  return (
    say(BIT.PROTO, `vproto ${i.proto}`) +
    say(BIT.VADDR, `vaddr${address()}`) +
    say(BIT.VPORT, `vport ${i.vport}`) +
    (i.bitmask & BIT.DIR ? ` ${prefix}vdir ${i.invert & BIT.DIR ? 'REPLY' : 'ORIGINAL'}` : '') +
    say(BIT.METHOD, `vmethod ${METHODS.find(([, n]) => n === i.method)?.[0] ?? ''}`) +
    say(BIT.VPORTCTL, `vportctl ${i.vportctl}`)
  );
}

export const match = defineExtension<IpvsInfo>({
  kind: 'match',
  name: 'ipvs',
  absent: true,
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'ipvs', type: 'none', invert: true },
    { name: 'vproto', type: 'protocol', invert: true },
    { name: 'vaddr', type: 'hostmask', invert: true },
    { name: 'vport', type: 'port', invert: true },
    { name: 'vdir', type: 'string' },
    { name: 'vmethod', type: 'string', invert: true },
    { name: 'vportctl', type: 'port', invert: true },
  ],
  help: () => `IPVS match options:
[!] --ipvs                      packet belongs to an IPVS connection

Any of the following options implies --ipvs (even negated)
[!] --vproto protocol           VIP protocol to match; by number or name,
                                e.g. "tcp"
[!] --vaddr address[/mask]      VIP address to match
[!] --vport port                VIP port to match; by number or name,
                                e.g. "http"
    --vdir {ORIGINAL|REPLY}     flow direction of packet
[!] --vmethod {GATE|IPIP|MASQ}  IPVS forwarding method used
[!] --vportctl port             VIP port of the controlling connection to
                                match, e.g. 21 for FTP
`,
  init: () => ({ bitmask: 0, invert: 0, proto: 0, address: null, mask: null, vport: 0, vportctl: 0, method: 0 }),
  parse(o, draft) {
    const info = draftOf<IpvsInfo>(draft);
    const value = o.raw ?? '';
    const set = (bit: number): void => {
      info.bitmask |= bit;
      if (o.inverted) info.invert |= bit;
    };
    switch (o.name) {
      case 'ipvs':
        return set(BIT.IPVS);
      case 'vproto':
        info.proto = numberOf(o);
        return set(BIT.PROTO);
      case 'vaddr': {
        const v = o.value as { readonly address: Uint8Array; readonly mask: Uint8Array };
        info.address = v.address;
        info.mask = v.mask;
        return set(BIT.VADDR);
      }
      case 'vport':
        info.vport = numberOf(o);
        return set(BIT.VPORT);
      case 'vportctl':
        info.vportctl = numberOf(o);
        return set(BIT.VPORTCTL);
      case 'vdir': {
        const word = value.toUpperCase();
        if (word !== 'ORIGINAL' && word !== 'REPLY') badValue('ipvs', '--vdir', value);
        info.bitmask |= BIT.DIR;
        info.invert = word === 'REPLY' ? info.invert | BIT.DIR : info.invert & ~BIT.DIR;
        return undefined;
      }
      default:
        info.method = METHODS.find(([word]) => word === value.toUpperCase())?.[1] ?? badValue('ipvs', '--vmethod', value);
        return set(BIT.METHOD);
    }
  },
  finish(draft, context) {
    if (context.seen.size === 0) fail('IPVS: At least one option is required');
    const info = draftOf<IpvsInfo>({ ...draft });
    if (info.bitmask & ~BIT.IPVS) {
      if (info.invert & BIT.IPVS) fail('! --ipvs cannot be together with other options');
      info.bitmask |= BIT.IPVS;
    }
    return info;
  },
  save: (i, c) => text(i, '--', c, true),
  print: (i, c) => text(i, '', c, c.numeric),
  check: () => 'ENOENT',
});
