import { HOOK_BIT } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { addressTypeIs } from '../environment.ts';
import { destination, source } from '../packet.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_addrtype_info_v1; masks of 1 << RTN_* */
type AddrtypeInfo = {
  readonly source: number;
  readonly dest: number;
  readonly invertSource: boolean;
  readonly invertDest: boolean;
  readonly limitIn: boolean;
  readonly limitOut: boolean;
};

const NAMES = ['UNSPEC', 'UNICAST', 'LOCAL', 'BROADCAST', 'ANYCAST', 'MULTICAST', 'BLACKHOLE', 'UNREACHABLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE'] as const;
/** Types that nft has no word for; the translation leaves them out. */
const UNKNOWN: ReadonlySet<string> = new Set(['throw', 'nat', 'xresolve']);

function parseTypes(arg: string): number {
  const words = arg.split(',');
  let mask = 0;
  words.forEach((word, n) => {
    const index = word === '' ? -1 : NAMES.findIndex((name) => name.startsWith(word.toUpperCase()));
    const rest = words.slice(n).join(',');
    if (index < 0) fail(n === words.length - 1 ? `addrtype: bad type "${rest}"` : `addrtype: bad type \`${rest}'`);
    mask |= 1 << index;
  });
  return mask;
}

const typeNames = (mask: number): string[] => NAMES.filter((_, n) => mask & (1 << n));

export const match = defineExtension<AddrtypeInfo>({
  kind: 'match',
  name: 'addrtype',
  families: ['ip', 'ip6', 'arp'],
  revision: 1,
  options: [
    { name: 'src-type', type: 'string', invert: true },
    { name: 'dst-type', type: 'string', invert: true },
    { name: 'limit-iface-in', type: 'none', excludes: ['limit-iface-out'] },
    { name: 'limit-iface-out', type: 'none', excludes: ['limit-iface-in'] },
  ],
  help: () => `Address type match options:
 [!] --src-type type[,...]      Match source address type
 [!] --dst-type type[,...]      Match destination address type
     --limit-iface-in           Match only on the packet's incoming device
     --limit-iface-out          Match only on the packet's outgoing device

Valid types:           
                                UNSPEC
                                UNICAST
                                LOCAL
                                BROADCAST
                                ANYCAST
                                MULTICAST
                                BLACKHOLE
                                UNREACHABLE
                                PROHIBIT
                                THROW
                                NAT
                                XRESOLVE
`,
  init: () => ({ source: 0, dest: 0, invertSource: false, invertDest: false, limitIn: false, limitOut: false }),
  parse(o, draft) {
    const info = draftOf<AddrtypeInfo>(draft);
    switch (o.name) {
      case 'src-type':
        info.source |= parseTypes(o.raw ?? '');
        if (o.inverted) info.invertSource = true;
        break;
      case 'dst-type':
        info.dest |= parseTypes(o.raw ?? '');
        if (o.inverted) info.invertDest = true;
        break;
      case 'limit-iface-in':
        info.limitIn = true;
        break;
      default:
        info.limitOut = true;
    }
  },
  finish(draft, context) {
    if (!context.seen.has('src-type') && !context.seen.has('dst-type')) fail('addrtype: you must specify --src-type or --dst-type');
    return draftOf<AddrtypeInfo>({ ...draft });
  },
  save: (i) =>
    (i.source ? `${i.invertSource ? ' !' : ''} --src-type ${typeNames(i.source).join(',')}` : '') +
    (i.dest ? `${i.invertDest ? ' !' : ''} --dst-type ${typeNames(i.dest).join(',')}` : '') +
    (i.limitIn ? ' --limit-iface-in' : '') +
    (i.limitOut ? ' --limit-iface-out' : ''),
  print: (i) =>
    ' ADDRTYPE match' +
    (i.source ? ` src-type ${i.invertSource ? '!' : ''}${typeNames(i.source).join(',')}` : '') +
    (i.dest ? ` dst-type ${i.invertDest ? '!' : ''}${typeNames(i.dest).join(',')}` : '') +
    (i.limitIn ? ' limit-in' : '') +
    (i.limitOut ? ' limit-out' : ''),
  /** addrtype_v1_xlate: the source only where both are given, inverted when either is. */
  translate(i) {
    const mask = i.source || i.dest;
    const names = typeNames(mask)
      .map((n) => n.toLowerCase())
      .filter((n) => !UNKNOWN.has(n));
    const list = typeNames(mask).length > 1 ? `{ ${names.join(', ')} }` : names.join('');
    const head = `fib ${i.source ? 'saddr' : 'daddr'}${i.limitIn ? ' . iif' : ''}${i.limitOut ? ' . oif' : ''} type`;
    return [head, ...(i.invertSource || i.invertDest ? ['!='] : []), ...(list === '' ? [] : [list])].join(' ');
  },
  /** xt_addrtype.c: addrtype_mt_checkentry_v1 */
  check(i, c) {
    if (i.limitOut && c.hookMask & (HOOK_BIT.prerouting | HOOK_BIT.input)) return 'EINVAL';
    if (i.limitIn && c.hookMask & (HOOK_BIT.postrouting | HOOK_BIT.output)) return 'EINVAL';
    if (c.family !== 'ip6') return null;
    const types = i.source | i.dest;
    return types & (1 << 6) || types >= 1 << 8 || types & (1 << 3) ? 'EINVAL' : null;
  },
  match(i, skb, state) {
    const dev = i.limitIn ? state.in : i.limitOut ? state.out : null;
    const is = (address: Uint8Array, mask: number, inverted: boolean): boolean => mask === 0 || addressTypeIs(state.net, address, dev, mask) !== inverted;
    return is(source(skb), i.source, i.invertSource) && is(destination(skb), i.dest, i.invertDest);
  },
});
