import { ntop, numericToIp, ptonV6 } from '../address.ts';
import { defineExtension } from '../definition.ts';
import type { ParseContext } from '../definition.ts';
import { addressTest, nothing, saidTests } from '../field-tests.ts';
import { compareBytes, destination, source } from '../packet.ts';
import { badValue, draftOf, fail } from '../value.ts';

/** struct xt_iprange_mtinfo; a side that was not given is null. */
export type IprangeInfo = { readonly src: Range | null; readonly dst: Range | null };
type Range = { readonly min: Uint8Array; readonly max: Uint8Array; readonly invert: boolean };

function parseRange(text: string, option: string, inverted: boolean, context: ParseContext): Range {
  const address = (part: string): Uint8Array => (context.family === 'ip6' ? ptonV6(part) : numericToIp(part)) ?? badValue('iprange', `--${option}`, part);
  const dash = text.indexOf('-');
  const from = dash < 0 ? text : text.slice(0, dash);
  const min = address(from);
  const max = dash < 0 ? min : address(text.slice(dash + 1));
  if (compareBytes(min, max) > 0) context.warn(`xt_iprange: range ${from}-${text.slice(dash + 1)} is reversed and will never match\n`);
  return { min, max, invert: inverted };
}

const words = (r: Range): string => `${ntop(r.min)}-${ntop(r.max)}`;
const has = (r: Range, a: Uint8Array): boolean => (compareBytes(a, r.min) < 0 || compareBytes(a, r.max) > 0) === r.invert;

export const match = defineExtension<IprangeInfo>({
  kind: 'match',
  name: 'iprange',
  families: ['ip', 'ip6'],
  revision: 1,
  options: [
    { name: 'src-range', type: 'string', invert: true },
    { name: 'dst-range', type: 'string', invert: true },
  ],
  help: () => `iprange match options:
[!] --src-range ip[-ip]    Match source IP in the specified range
[!] --dst-range ip[-ip]    Match destination IP in the specified range
`,
  init: () => ({ src: null, dst: null }),
  parse: (o, draft, context) => {
    draft[o.name === 'src-range' ? 'src' : 'dst'] = parseRange(o.raw ?? '', o.name, o.inverted, context);
  },
  finish(draft) {
    if (!draft['src'] && !draft['dst']) fail("iprange match: You must specify `--src-range' or `--dst-range'");
    return draftOf<IprangeInfo>({ ...draft });
  },
  save: (i) => (i.src ? `${i.src.invert ? ' !' : ''} --src-range ${words(i.src)}` : '') + (i.dst ? `${i.dst.invert ? ' !' : ''} --dst-range ${words(i.dst)}` : ''),
  print: (i) => (i.src ? ` source IP range${i.src.invert ? ' !' : ''} ${words(i.src)}` : '') + (i.dst ? ` destination IP range${i.dst.invert ? ' !' : ''} ${words(i.dst)}` : ''),
  translate(i, c) {
    const ip = c.family === 'ip6' ? 'ip6' : 'ip';
    const side = (r: Range | null, word: string): string | null => r && `${ip} ${word} ${r.invert ? '!= ' : ''}${words(r)}`;
    return [side(i.src, 'saddr'), side(i.dst, 'daddr')].filter((s) => s !== null).join(' ');
  },
  tests: (i, family) =>
    family === 'ip' ? saidTests(i.src && addressTest(12, i.src.min, i.src.max, i.src.invert), i.dst && addressTest(16, i.dst.min, i.dst.max, i.dst.invert)) : nothing,
  match: (i, skb) => (i.src === null || has(i.src, source(skb))) && (i.dst === null || has(i.dst, destination(skb))),
});
