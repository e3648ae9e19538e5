import { hex } from '../../number.ts';
import { defineExtension } from '../../definition.ts';
import { paramProblem } from '../../text.ts';

/** struct ebt_mark_m_info, whose mark and mask are unsigned long; `or`: only the mask was given. */
type Info = { readonly mark: bigint; readonly mask: bigint; readonly or: boolean; readonly inverted: boolean };
const ALL = 0xffffffffn;
const LONG = (1n << 64n) - 1n;

/** strtoul(3) with base 0: wraps below zero, stays at the largest above. */
function strtoul(text: string): { readonly value: bigint; readonly rest: string } {
  const m = /^\s*([-+]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)/i.exec(text);
  if (!m) return { value: 0n, rest: text };
  const n = BigInt(/^0[0-7]/.test(m[2]) ? `0o${m[2].slice(1)}` : m[2]);
  return { value: n > LONG ? LONG : m[1] === '-' ? BigInt.asUintN(64, -n) : n, rest: text.slice(m[0].length) };
}

export const match = defineExtension<Info>({
  kind: 'match',
  name: 'mark_m',
  families: ['bridge'],
  revision: 0,
  options: [{ name: 'mark', type: 'string', invert: true, mandatory: true }],
  help: () => `mark option:
[!] --mark    [value][/mask]: Match nfmask value (see man page)
`,
  init: () => ({ mark: 0n, mask: ALL, or: false, inverted: false }),
  parse(o, d) {
    const text = o.raw ?? '';
    d['inverted'] = o.inverted;
    const v = strtoul(text);
    const m = v.rest[0] === '/' ? strtoul(v.rest.slice(1)) : null;
    const rest = m ? m.rest : v.rest;
    if (rest !== '' || rest === text) throw paramProblem(`Bad mark value '${text}'`);
    d['mark'] = v.value;
    d['or'] = v.rest === text;
    if (m) d['mask'] = m.value;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) => `${i.inverted ? ' !' : ''} --mark ${i.or ? `/${hex(i.mask)}` : `${hex(i.mark)}${i.mask === ALL ? '' : `/${hex(i.mask)}`}`}`,
  print(i, c) {
    return this.save(i, c);
  },
  translate(i) {
    const short = (n: bigint): string => hex(n & ALL);
    if (i.or) return `meta mark and ${short(i.mask)} ${i.inverted ? '' : '!= '}0`;
    return `meta mark ${i.mask === ALL ? '' : `and ${short(i.mask)} `}${i.inverted ? '!= ' : ''}${short(i.mark)}`;
  },
  /** ebt_mark_m.c */
  match(i, skb) {
    const masked = BigInt(skb.mark >>> 0) & i.mask;
    return (i.or ? masked !== 0n : masked === i.mark) !== i.inverted;
  },
});
