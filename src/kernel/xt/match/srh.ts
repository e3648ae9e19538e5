import { maskLength, ntop, prefixMask } from '../address.ts';
import { defineExtension } from '../definition.ts';
import { findIp6Header, sameUnder, u8 } from '../packet.ts';
import { draftOf, numberOf } from '../value.ts';

/** struct ip6t_srh1: one value a field, however it is compared; bits of `flags` and `inv` in the order of FIELDS. */
type SrhInfo = {
  readonly flags: number;
  readonly inv: number;
  readonly next_hdr: number;
  readonly hdr_len: number;
  readonly segs_left: number;
  readonly last_entry: number;
  readonly tag: number;
  readonly psid: Sid;
  readonly nsid: Sid;
  readonly lsid: Sid;
};
type Sid = { readonly address: Uint8Array; readonly mask: Uint8Array };

const NUMBERS = [
  ['next-hdr', 'next_hdr', ''],
  ['hdr-len-eq', 'hdr_len', 'eq'],
  ['hdr-len-gt', 'hdr_len', 'gt'],
  ['hdr-len-lt', 'hdr_len', 'lt'],
  ['segs-left-eq', 'segs_left', 'eq'],
  ['segs-left-gt', 'segs_left', 'gt'],
  ['segs-left-lt', 'segs_left', 'lt'],
  ['last-entry-eq', 'last_entry', 'eq'],
  ['last-entry-gt', 'last_entry', 'gt'],
  ['last-entry-lt', 'last_entry', 'lt'],
  ['tag', 'tag', ''],
] as const;
const SIDS = ['psid', 'nsid', 'lsid'] as const;
const bitOf = (n: number): number => 1 << n;
const NO_SID: Sid = { address: new Uint8Array(16), mask: prefixMask(0, 16) };
const sidText = (s: Sid): string => `${ntop(s.address)}/${maskLength(s.mask)}`;

export const match = defineExtension<SrhInfo>({
  kind: 'match',
  name: 'srh',
  families: ['ip6'],
  revision: 1,
  options: [
    ...NUMBERS.map(([name]) => ({ name: `srh-${name}`, type: name === 'tag' ? ('uint16' as const) : ('uint8' as const), invert: true })),
    ...SIDS.map((name) => ({ name: `srh-${name}`, type: 'hostmask' as const, invert: true })),
  ],
  help: () => `srh match options:
[!] --srh-next-hdr		next-hdr        Next Header value of SRH
[!] --srh-hdr-len-eq		hdr_len         Hdr Ext Len value of SRH
[!] --srh-hdr-len-gt		hdr_len         Hdr Ext Len value of SRH
[!] --srh-hdr-len-lt		hdr_len         Hdr Ext Len value of SRH
[!] --srh-segs-left-eq		segs_left       Segments Left value of SRH
[!] --srh-segs-left-gt		segs_left       Segments Left value of SRH
[!] --srh-segs-left-lt		segs_left       Segments Left value of SRH
[!] --srh-last-entry-eq 	last_entry      Last Entry value of SRH
[!] --srh-last-entry-gt 	last_entry      Last Entry value of SRH
[!] --srh-last-entry-lt 	last_entry      Last Entry value of SRH
[!] --srh-tag			tag             Tag value of SRH
[!] --srh-psid			addr[/mask]	SRH previous SID
[!] --srh-nsid			addr[/mask]	SRH next SID
[!] --srh-lsid			addr[/mask]	SRH Last SID
`,
  init: () => ({ flags: 0, inv: 0, next_hdr: 0, hdr_len: 0, segs_left: 0, last_entry: 0, tag: 0, psid: NO_SID, nsid: NO_SID, lsid: NO_SID }),
  parse(o, draft) {
    const info = draftOf<SrhInfo>(draft);
    const name = o.name.slice(4);
    const number = NUMBERS.findIndex(([word]) => word === name);
    const sid = SIDS.findIndex((word) => word === name);
    const bit = bitOf(number >= 0 ? number : NUMBERS.length + sid);
    info.flags |= bit;
    if (o.inverted) info.inv |= bit;
    if (number >= 0) info[NUMBERS[number][1]] = numberOf(o);
    else {
      const v = o.value as Sid;
      info[SIDS[sid]] = { address: v.address, mask: v.mask };
    }
  },
  finish: (draft) => draftOf<SrhInfo>({ ...draft }),
  save: (i) =>
    NUMBERS.map(([name, field], n) => (i.flags & bitOf(n) ? `${i.inv & bitOf(n) ? ' !' : ''} --srh-${name} ${i[field]}` : '')).join('') +
    SIDS.map((name, n) => (i.flags & bitOf(NUMBERS.length + n) ? `${i.inv & bitOf(NUMBERS.length + n) ? ' !' : ''} --srh-${name} ${sidText(i[name])}` : '')).join(''),
  print: (i) =>
    ` srh${NUMBERS.map(([name, field], n) => (i.flags & bitOf(n) ? ` ${name}:${i.inv & bitOf(n) ? '!' : ''}${i[field]}` : '')).join('')}` +
    SIDS.map((name, n) => (i.flags & bitOf(NUMBERS.length + n) ? ` ${name} ${i.inv & bitOf(NUMBERS.length + n) ? '!' : ''} ${sidText(i[name])}` : '')).join(''),
  /** ip6t_srh.c: srh1_mt6 */
  match(i, skb) {
    const at = findIp6Header(skb, 43);
    if (at < 0 || at + 8 > skb.data.length) return false;
    const length = (u8(skb, at + 1) + 1) << 3;
    if (at + length > skb.data.length || u8(skb, at + 2) !== 4) return false;
    const left = u8(skb, at + 3);
    const last = u8(skb, at + 4);
    if (left > last) return false;
    // The tag is compared as it lies in memory.
    const field = { next_hdr: u8(skb, at), hdr_len: u8(skb, at + 1), segs_left: left, last_entry: last, tag: u8(skb, at + 6) | (u8(skb, at + 7) << 8) };
    for (const [n, [, name, op]] of NUMBERS.entries()) {
      if (!(i.flags & bitOf(n))) continue;
      const yes = op === 'gt' ? field[name] > i[name] : op === 'lt' ? field[name] < i[name] : field[name] === i[name];
      if (yes === ((i.inv & bitOf(n)) !== 0)) return false;
    }
    const segment = (n: number): Uint8Array => skb.data.subarray(at + 8 + 16 * n, at + 24 + 16 * n);
    for (const [n, name] of SIDS.entries()) {
      const bit = bitOf(NUMBERS.length + n);
      if (!(i.flags & bit)) continue;
      if ((name === 'psid' && left === last) || (name === 'nsid' && left === 0)) return false;
      const sid = segment(name === 'psid' ? left + 1 : name === 'nsid' ? left - 1 : 0);
      if (sid.length < 16 || sameUnder(sid, i[name].address, i[name].mask) === ((i.inv & bit) !== 0)) return false;
    }
    return true;
  },
});
