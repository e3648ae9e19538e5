import { defineExtension } from '../../definition.ts';
import { hex, scanUint } from '../../number.ts';
import { paramProblem } from '../../text.ts';

/** struct ebt_mark_m_info; `or`: only the mask was given. */
type Info = { readonly mark: number; readonly mask: number; readonly or: boolean; readonly inverted: boolean };

export const match = defineExtension<Info>({
  kind: 'match',
  name: 'mark_m',
  families: ['bridge'],
  revision: 0,
  options: [{ name: 'mark', type: 'string', invert: true, mandatory: true }],
  help: () => `mark option:
--mark    [!] [value][/mask]: Match nfmask value (see man page)
`,
  init: () => ({ mark: 0, mask: 0xffffffff, or: false, inverted: false }),
  parse(o, d) {
    const text = o.raw ?? '';
    d['inverted'] = o.inverted;
    const v = text[0] === '/' ? { value: 0, rest: text } : scanUint(text);
    if (!v) throw paramProblem(`Bad mark value '${text}'`);
    d['mark'] = v.value;
    d['or'] = text[0] === '/';
    if (v.rest === '') return;
    const m = v.rest[0] === '/' ? scanUint(v.rest.slice(1)) : null;
    if (m?.rest !== '') throw paramProblem(`Bad mark value '${text}'`);
    d['mask'] = m.value;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) => `${i.inverted ? ' !' : ''} --mark ${i.or ? `/${hex(i.mask)}` : `${hex(i.mark)}${i.mask === 0xffffffff ? '' : `/${hex(i.mask)}`}`}`,
  print(i, c) {
    return this.save(i, c);
  },
  translate(i) {
    if (i.or) return `meta mark and ${hex(i.mask)} ${i.inverted ? '==' : '!='} 0`;
    return `meta mark ${i.mask === 0xffffffff ? '' : `and ${hex(i.mask)} `}${i.inverted ? '!= ' : ''}${hex(i.mark)}`;
  },
  /** ebt_mark_m.c */
  match: (i, skb) => (i.or ? (skb.mark & i.mask) >>> 0 !== 0 : (skb.mark & i.mask) >>> 0 === i.mark) !== i.inverted,
});
