import { defineExtension } from '../definition.ts';
import { ALL32, isAll, printSpan, saveSpan, spanText, unknownInvflags } from '../number-range.ts';
import type { Span } from '../number-range.ts';
import { IPV6_EXTENSION, u16, u32, within } from '../packet.ts';
import { draftOf, numberOf, rangeOf } from '../value.ts';

/** struct ip6t_frag; invflags: IP6T_FRAG_INV_IDS 1, LEN 2 */
type FragInfo = {
  readonly ids: Span;
  readonly hdrlen: number | null;
  readonly res: boolean;
  readonly fst: boolean;
  readonly mf: boolean;
  readonly nmf: boolean;
  readonly invflags: number;
};

export const match = defineExtension<FragInfo>({
  kind: 'match',
  name: 'frag',
  families: ['ip6'],
  revision: 0,
  options: [
    { name: 'fragid', type: 'uint32rc', invert: true },
    { name: 'fraglen', type: 'uint32', invert: true },
    { name: 'fragres', type: 'none' },
    { name: 'fragfirst', type: 'none' },
    { name: 'fragmore', type: 'none', excludes: ['fraglast'] },
    { name: 'fraglast', type: 'none', excludes: ['fragmore'] },
  ],
  help: () => `frag match options:
[!] --fragid id[:id]           match the id (range)
[!] --fraglen length           total length of this header
 --fragres                     check the reserved field too
 --fragfirst                   matches on the first fragment
 [--fragmore|--fraglast]       there are more fragments or this
                               is the last one
`,
  init: () => ({ ids: ALL32, hdrlen: null, res: false, fst: false, mf: false, nmf: false, invflags: 0 }),
  parse(o, draft) {
    const info = draftOf<FragInfo>(draft);
    switch (o.name) {
      case 'fragid':
        info.ids = rangeOf(o);
        if (o.inverted) info.invflags |= 1;
        break;
      case 'fraglen':
        info.hdrlen = numberOf(o);
        if (o.inverted) info.invflags |= 2;
        break;
      case 'fragres':
        info.res = true;
        break;
      case 'fragfirst':
        info.fst = true;
        break;
      case 'fragmore':
        info.mf = true;
        break;
      default:
        info.nmf = true;
    }
  },
  finish: (draft) => draftOf<FragInfo>({ ...draft }),
  save: (i) =>
    saveSpan('fragid', i.ids, (i.invflags & 1) !== 0) +
    (i.hdrlen !== null ? `${i.invflags & 2 ? ' !' : ''} --fraglen ${i.hdrlen}` : '') +
    (i.res ? ' --fragres' : '') +
    (i.fst ? ' --fragfirst' : '') +
    (i.mf ? ' --fragmore' : '') +
    (i.nmf ? ' --fraglast' : ''),
  print: (i) =>
    ` frag ${printSpan('id', i.ids, (i.invflags & 1) !== 0)}` +
    (i.hdrlen !== null ? ` length:${i.invflags & 2 ? '!' : ''}${i.hdrlen}` : '') +
    (i.res ? ' reserved' : '') +
    (i.fst ? ' first' : '') +
    (i.mf ? ' more' : '') +
    (i.nmf ? ' last' : '') +
    unknownInvflags(i.invflags, 3),
  translate(i) {
    const parts: string[] = [];
    if (!isAll(i.ids) || i.invflags & 1) parts.push(`frag id ${i.invflags & 1 ? '!= ' : ''}${spanText(i.ids, '-')}`);
    if (i.res) parts.push('frag reserved 1');
    if (i.fst) parts.push('frag frag-off 0');
    if (i.mf) parts.push('frag more-fragments 1');
    if (i.nmf) parts.push('frag more-fragments 0');
    return parts.join(' ') || 'exthdr frag exists';
  },
  match(i, skb) {
    const at = fragmentHeader(skb);
    if (at < 0) return false;
    const offset = u16(skb, at + 2);
    return (
      within(u32(skb, at + 4), i.ids) !== ((i.invflags & 1) !== 0) &&
      !(i.res && (skb.data[at + 1] !== 0 || (offset & 6) !== 0)) &&
      !(i.fst && (offset & 0xfff8) !== 0) &&
      !(i.mf && (offset & 1) === 0) &&
      !(i.nmf && (offset & 1) !== 0)
    );
  },
});

/** The fragment header itself may belong to a later piece, so the walk of findIp6Header stops too early for it. */
function fragmentHeader(skb: { readonly data: Uint8Array; readonly network: number }): number {
  let next = skb.data[skb.network + 6];
  let at = skb.network + 40;
  while (next !== 44) {
    if ((!IPV6_EXTENSION.has(next) && next !== 51) || next === 59 || at + 8 > skb.data.length) return -1;
    const length = next === 51 ? (skb.data[at + 1] + 2) << 2 : (skb.data[at + 1] + 1) << 3;
    next = skb.data[at];
    at += length;
  }
  return at + 8 <= skb.data.length ? at : -1;
}
