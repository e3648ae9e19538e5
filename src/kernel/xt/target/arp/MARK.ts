import { defineExtension } from '../../definition.ts';
import { hex } from '../../number.ts';
import { paramProblem } from '../../text.ts';
import { target as inet } from '../MARK.ts';

/** MARK as arptables knows it: fewer options, and bare hex numbers (extensions/libxt_MARK.c: mark_tg_arp_*). */
type Info = { readonly mark: number; readonly mask: number };
const OPS = ['set-mark', 'and-mark', 'or-mark'];

const text = ({ mark, mask }: Info): string => {
  if (mark === 0) return ` --and-mark ${(~mask >>> 0).toString(16)}`;
  return mark === mask ? ` --or-mark ${mark.toString(16)}` : ` --set-mark ${mark.toString(16)}`;
};

export const target = defineExtension<Info>({
  kind: 'target',
  name: 'MARK',
  families: ['arp'],
  revision: 2,
  options: OPS.map((name) => ({ name, type: 'uint32' as const, base: 16 as const, excludes: OPS.filter((o) => o !== name) })),
  help: () => `MARK target v2 options:
  --set-mark value     Set nfmark value
  --and-mark value     Binary AND the nfmark with value
  --or-mark  value     Binary OR  the nfmark with value
`,
  init: () => ({ mark: 0, mask: 0 }),
  parse(o, d) {
    const n = o.value as number;
    d['mark'] = o.name === 'and-mark' ? 0 : n;
    d['mask'] = o.name === 'set-mark' ? 0xffffffff : o.name === 'and-mark' ? ~n >>> 0 : n;
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required');
    return { ...d } as unknown as Info;
  },
  save: text,
  print: text,
  translate({ mark, mask }) {
    if (mask === 0xffffffff) return `meta mark set ${hex(mark)}`;
    return `meta mark set mark ${mark === 0 ? `and ${hex(~mask)}` : `or ${hex(mark)}`}`;
  },
  ...(inet.check ? { check: inet.check } : {}),
  target: inet.target,
});
