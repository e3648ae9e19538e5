import { defineExtension } from '../definition.ts';
import { paramProblem } from '../text.ts';
import { fields, HOOK, misplaced } from './_common.ts';

type Info = { readonly priority: number };

const major = (n: number): number => n >>> 16;
const minor = (n: number): number => n & 0xffff;

/** sscanf("%x:%x") into two unsigned ints; what follows is not looked at. */
function parseClass(text: string): number | null {
  const m = /^\s*([-+]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+):\s*([-+]?)(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)/.exec(text);
  if (!m) return null;
  const read = (sign: string, digits: string): number => Number(BigInt.asUintN(32, BigInt(`0x${digits}`) * (sign === '-' ? -1n : 1n)));
  return ((read(m[1], m[2]) << 16) | (read(m[3], m[4]) & 0xffff)) >>> 0;
}

/** extensions/libxt_CLASSIFY.c, net/netfilter/xt_CLASSIFY.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'CLASSIFY',
  families: ['ip', 'ip6', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [{ name: 'set-class', type: 'string', mandatory: true }],
  help: () => `CLASSIFY target options:
--set-class MAJOR:MINOR    Set skb->priority value (always hexadecimal!)
`,
  init: () => ({ priority: 0 }),
  parse(o, d) {
    const priority = parseClass(o.raw ?? '');
    if (priority === null) throw paramProblem(`Bad class value "${o.raw}"`);
    fields<Info>(d).priority = priority;
  },
  finish: (d) => ({ priority: fields<Info>(d).priority }),
  save: ({ priority: p }) => ` --set-class ${major(p).toString(16).padStart(4, '0')}:${minor(p).toString(16).padStart(4, '0')}`,
  print: ({ priority: p }) => ` CLASSIFY set ${major(p).toString(16)}:${minor(p).toString(16)}`,
  translate: ({ priority: p }) => `meta priority set ${p === 0xffffffff ? 'root' : p === 0 ? 'none' : `${major(p).toString(16)}:${minor(p).toString(16)}`}`,
  check: (_, c) => misplaced({ hooks: HOOK.OUT | HOOK.FWD | HOOK.POST }, c),
  target(i, skb) {
    skb.priority = i.priority;
    return 'continue';
  },
});
