import { ntop, ptonV6 } from '../address.ts';
import { defineExtension } from '../definition.ts';
import { ALL32, isAll, printSpan, saveSpan, spanText, unknownInvflags } from '../number-range.ts';
import type { Span } from '../number-range.ts';
import { equalBytes, findIp6Header, u32, u8, within } from '../packet.ts';
import { draftOf, fail, numberOf, rangeOf } from '../value.ts';

/** struct ip6t_rt; flags: TYP 1, SGS 2, LEN 4, RES 8, FST 0x10, FST_NSTRICT 0x20 */
type RtInfo = {
  readonly rt_type: number;
  readonly segsleft: Span;
  readonly hdrlen: number;
  readonly flags: number;
  readonly invflags: number;
  readonly addrs: readonly Uint8Array[];
};
const RT = { TYP: 1, SGS: 2, LEN: 4, RES: 8, FST: 0x10, NSTRICT: 0x20 } as const;
const MAX_ADDRESSES = 16;

function parseAddresses(text: string): Uint8Array[] {
  const parts = text.split(',');
  const out = parts.slice(0, MAX_ADDRESSES).map((p) => ptonV6(p) ?? fail(`bad address: ${p}`));
  if (parts.length > MAX_ADDRESSES) fail('too many addresses specified');
  return out;
}

export const match = defineExtension<RtInfo>({
  kind: 'match',
  name: 'rt',
  families: ['ip6'],
  revision: 0,
  options: [
    { name: 'rt-type', type: 'uint32', invert: true },
    { name: 'rt-segsleft', type: 'uint32rc', invert: true },
    { name: 'rt-len', type: 'uint32', invert: true },
    { name: 'rt-0-res', type: 'none' },
    { name: 'rt-0-addrs', type: 'string' },
    { name: 'rt-0-not-strict', type: 'none' },
  ],
  help: () => `rt match options:
[!] --rt-type type             match the type
[!] --rt-segsleft num[:num]    match the Segments Left field (range)
[!] --rt-len length            total length of this header
 --rt-0-res                    check the reserved field too (type 0)
 --rt-0-addrs ADDR[,ADDR...]   Type=0 addresses (list, max: 16)
 --rt-0-not-strict             List of Type=0 addresses not a strict list
`,
  init: () => ({ rt_type: 0, segsleft: ALL32, hdrlen: 0, flags: 0, invflags: 0, addrs: [] }),
  parse(o, draft) {
    const info = draftOf<RtInfo>(draft);
    const needType0 = (): void => {
      if (!(info.flags & RT.TYP) || info.rt_type !== 0 || info.invflags & RT.TYP) fail(`\`--rt-type 0' required before \`--${o.name}'`);
    };
    const set = (flag: number): void => {
      info.flags |= flag;
      if (o.inverted) info.invflags |= flag;
    };
    switch (o.name) {
      case 'rt-type':
        info.rt_type = numberOf(o);
        return set(RT.TYP);
      case 'rt-segsleft':
        info.segsleft = rangeOf(o);
        return set(RT.SGS);
      case 'rt-len':
        info.hdrlen = numberOf(o);
        return set(RT.LEN);
      case 'rt-0-res':
        needType0();
        return set(RT.RES);
      case 'rt-0-addrs':
        needType0();
        info.addrs = parseAddresses(o.raw ?? '');
        return set(RT.FST);
      default:
        if (!(info.flags & RT.FST)) fail("`--rt-0-addr ...' required before `--rt-0-not-strict'");
        return set(RT.NSTRICT);
    }
  },
  finish: (draft) => draftOf<RtInfo>({ ...draft }),
  save(i) {
    const not = (flag: number): string => (i.invflags & flag ? ' !' : '');
    return (
      (i.flags & RT.TYP ? `${not(RT.TYP)} --rt-type ${i.rt_type}` : '') +
      (i.flags & RT.SGS ? saveSpan('rt-segsleft', i.segsleft, not(RT.SGS) !== '') : '') +
      (i.flags & RT.LEN ? `${not(RT.LEN)} --rt-len ${i.hdrlen}` : '') +
      (i.flags & RT.RES ? ' --rt-0-res' : '') +
      (i.flags & RT.FST ? ` --rt-0-addrs ${i.addrs.map(ntop).join(',')}` : '') +
      (i.flags & RT.NSTRICT ? ' --rt-0-not-strict' : '')
    );
  },
  print(i) {
    const not = (flag: number): string => (i.invflags & flag ? '!' : '');
    const segs = i.flags & RT.SGS ? printSpan('segsleft', i.segsleft, not(RT.SGS) !== '') : '';
    return (
      ` rt${i.flags & RT.TYP ? ` type:${not(RT.TYP)}${i.rt_type | 0}` : ''}${segs && ` ${segs}`}` +
      (i.flags & RT.LEN ? ` length:${not(RT.LEN)}${i.hdrlen}` : '') +
      (i.flags & RT.RES ? ' reserved' : '') +
      (i.flags & RT.FST ? ` 0-addrs ${i.addrs.map(ntop).join(',')}` : '') +
      (i.flags & RT.NSTRICT ? ' 0-not-strict' : '') +
      unknownInvflags(i.invflags, 7)
    );
  },
  translate(i) {
    if (i.flags & (RT.RES | RT.FST | RT.NSTRICT)) return null;
    const not = (flag: number): string => (i.invflags & flag ? ' !=' : '');
    const parts: string[] = [];
    if (i.flags & RT.TYP) parts.push(`rt type${not(RT.TYP)} ${i.rt_type}`);
    if (i.flags & RT.SGS && (!isAll(i.segsleft) || not(RT.SGS))) parts.push(`rt seg-left${not(RT.SGS)} ${spanText(i.segsleft, '-')}`);
    if (i.flags & RT.LEN) parts.push(`rt hdrlength${not(RT.LEN)} ${i.hdrlen}`);
    return parts.join(' ') || 'exthdr rt exists';
  },
  /** ip6t_rt.c: rt_mt6_check */
  check: (i) => (i.flags & (RT.RES | RT.FST | RT.NSTRICT) && (!(i.flags & RT.TYP) || i.rt_type !== 0 || i.invflags & RT.TYP) ? 'EINVAL' : null),
  match(i, skb) {
    const at = findIp6Header(skb, 43);
    if (at < 0) return false;
    const length = (u8(skb, at + 1) << 3) + 8;
    if (at + length > skb.data.length) return false;
    const fits = (flag: number, result: boolean): boolean => !(i.flags & flag) || result !== ((i.invflags & flag) !== 0);
    if (within(u8(skb, at + 3), i.segsleft) === ((i.invflags & RT.SGS) !== 0)) return false;
    if (!fits(RT.LEN, i.hdrlen === length) || !fits(RT.TYP, i.rt_type === u8(skb, at + 2))) return false;
    if (i.flags & RT.RES && u32(skb, at + 4) !== 0) return false;
    return !(i.flags & RT.FST) || addressesMatch(i, skb.data, at, length);
  },
});

function addressesMatch(i: RtInfo, d: Uint8Array, at: number, length: number): boolean {
  const count = (length - 8) >> 4;
  const address = (n: number): Uint8Array => d.subarray(at + 8 + 16 * n, at + 24 + 16 * n);
  if (i.addrs.length > count) return false;
  if (i.flags & RT.NSTRICT) {
    let found = 0;
    for (let n = 0; n < count && found < i.addrs.length; n++) if (equalBytes(address(n), i.addrs[found])) found++;
    return found === i.addrs.length;
  }
  return i.addrs.length === count && i.addrs.every((a, n) => equalBytes(a, address(n)));
}
