import { needProtocol } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { isAll, spanText } from '../number-range.ts';
import type { Span } from '../number-range.ts';
import { wholeUint } from '../number.ts';
import { transport, u8, within } from '../packet.ts';
import { draftOf, fail } from '../value.ts';

/** struct ip6t_mh */
type MhInfo = { readonly types: Span; readonly invert: boolean };

const NAMES: readonly (readonly [string, number])[] = [
  ['binding-refresh-request', 0],
  ['brr', 0],
  ['home-test-init', 1],
  ['hoti', 1],
  ['careof-test-init', 2],
  ['coti', 2],
  ['home-test', 3],
  ['hot', 3],
  ['careof-test', 4],
  ['cot', 4],
  ['binding-update', 5],
  ['bu', 5],
  ['binding-acknowledgement', 6],
  ['ba', 6],
  ['binding-error', 7],
  ['be', 7],
];

function typeNumber(text: string): number {
  const lower = text.toLowerCase();
  return (NAMES.find(([name]) => name === lower) ?? NAMES.find(([name]) => name.startsWith(lower)))?.[1] ?? wholeUint(text, 0, 255) ?? fail(`Invalid MH type \`${text}'`);
}

function parseTypes(text: string): Span {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const type = typeNumber(text);
    return [type, type];
  }
  const lo = colon === 0 ? 0 : typeNumber(text.slice(0, colon));
  const hi = colon === text.length - 1 ? 255 : typeNumber(text.slice(colon + 1));
  if (lo > hi) fail('Invalid MH type range (min > max)');
  return [lo, hi];
}

const nameOf = (type: number, numeric: boolean): string => (numeric ? undefined : NAMES.find(([, n]) => n === type)?.[0]) ?? String(type);

export const match = defineExtension<MhInfo>({
  kind: 'match',
  name: 'mh',
  families: ['ip6'],
  revision: 0,
  options: [{ name: 'mh-type', type: 'raw', invert: true }],
  help: () => `mh match options:
[!] --mh-type type[:type]	match mh type
Valid MH types:
binding-refresh-request (brr)
home-test-init (hoti)
careof-test-init (coti)
home-test (hot)
careof-test (cot)
binding-update (bu)
binding-acknowledgement (ba)
binding-error (be)
`,
  init: () => ({ types: [0, 255], invert: false }),
  parse(o, draft) {
    draft['types'] = parseTypes(o.raw ?? '');
    draft['invert'] = o.inverted;
  },
  finish: (draft) => draftOf<MhInfo>({ ...draft }),
  save: (i) => (isAll(i.types, 255) && !i.invert ? '' : `${i.invert ? ' !' : ''} --mh-type ${spanText(i.types, ':')}`),
  print(i, c) {
    const name = (type: number): string => nameOf(type, c.numeric);
    const types = i.types[0] === i.types[1] ? name(i.types[0]) : `${name(i.types[0])}:${name(i.types[1])}`;
    return ` mh${isAll(i.types, 255) && !i.invert ? '' : ` ${i.invert ? '!' : ''}${types}`}`;
  },
  translate: (i) => (isAll(i.types, 255) && !i.invert ? 'exthdr mh exists' : `mh type ${i.invert ? '!= ' : ''}${spanText(i.types, '-')}`),
  check: (_, c) => needProtocol(c, 135),
  match(i, skb) {
    if (skb.fragOffset !== 0) return false;
    const at = transport(skb, 6);
    if (at < 0 || u8(skb, at) !== 59) return 'hotdrop';
    return within(u8(skb, at + 2), i.types) !== i.invert;
  },
});
