import { defineExtension } from '../definition.ts';
import { hex } from '../number.ts';
import { paramProblem } from '../text.ts';
import { fields } from './_common.ts';

type Info = {
  readonly mode: 'set' | 'save' | 'restore';
  readonly ctmark: number;
  readonly ctmask: number;
  readonly nfmask: number;
  readonly shift: 'left' | 'right';
  readonly bits: number;
};

const ALL = 0xffffffff;
/** In the order of the C enum, in which conflicts are looked for. */
const OPERATIONS = ['set-mark', 'save-mark', 'restore-mark', 'and-mark', 'or-mark', 'xor-mark', 'set-xmark'];
const others = (name: string): string[] => OPERATIONS.filter((o) => o !== name);
type MarkMask = { readonly mark: number; readonly mask: number };

function setWords({ ctmark, ctmask }: Info): string {
  if (ctmark === 0) return ` CONNMARK and ${hex(~ctmask)}`;
  if (ctmark === ctmask) return ` CONNMARK or ${hex(ctmark)}`;
  if (ctmask === 0) return ` CONNMARK xor ${hex(ctmark)}`;
  return ctmask === ALL ? ` CONNMARK set ${hex(ctmark)}` : ` CONNMARK xset ${hex(ctmark)}/${hex(ctmask)}`;
}

function words(i: Info): string {
  const whole = i.nfmask === ALL && i.ctmask === ALL;
  switch (i.mode) {
    case 'set':
      return setWords(i);
    case 'save':
      return whole ? ' CONNMARK save' : i.nfmask === i.ctmask ? ` CONNMARK save mask ${hex(i.nfmask)}` : ` CONNMARK save nfmask ${hex(i.nfmask)} ctmask ~${hex(i.ctmask)}`;
    case 'restore':
      return whole ? ' CONNMARK restore' : i.ctmask === i.nfmask ? ` CONNMARK restore mask ${hex(i.ctmask)}` : ` CONNMARK restore ctmask ${hex(i.ctmask)} nfmask ~${hex(i.nfmask)}`;
  }
}

/** The value that nft assigns; a plain number keeps the blank the C code writes after it. */
function assigned({ mode, ctmark, ctmask, nfmask }: Info): string | null {
  if (mode === 'set') {
    if (ctmask === ALL) return `${hex(ctmark)} `;
    if (ctmark === 0) return `ct mark and ${hex(~ctmask)}`;
    if (ctmark === ctmask) return `ct mark or ${hex(ctmark)}`;
    return ctmask === 0 ? `ct mark xor ${hex(ctmark)}` : `ct mark xor ${hex(ctmark)} and ${hex(~ctmask)}`;
  }
  if (nfmask !== ctmask) return null;
  return `${mode === 'save' ? 'mark' : 'ct mark'}${nfmask === ALL ? '' : ` and ${hex(nfmask)}`}`;
}

const shifted = (n: number, { shift, bits }: Info): number => (shift === 'right' ? n >>> bits : (n << bits) >>> 0);
/** IPCT_MARK */
const EVENT_MARK = 1 << 7;

/** extensions/libxt_CONNMARK.c, net/netfilter/xt_connmark.c (revision 2) */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'CONNMARK',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 2,
  options: [
    { name: 'set-xmark', type: 'markmask32', excludes: others('set-xmark') },
    { name: 'set-mark', type: 'markmask32', excludes: others('set-mark') },
    { name: 'and-mark', type: 'uint32', excludes: others('and-mark') },
    { name: 'or-mark', type: 'uint32', excludes: others('or-mark') },
    { name: 'xor-mark', type: 'uint32', excludes: others('xor-mark') },
    { name: 'save-mark', type: 'none', excludes: others('save-mark'), code: 1 },
    { name: 'restore-mark', type: 'none', excludes: others('restore-mark'), code: 2 },
    { name: 'left-shift-mark', type: 'uint8', min: 0, max: 32 },
    { name: 'right-shift-mark', type: 'uint8', min: 0, max: 32 },
    { name: 'ctmask', type: 'uint32', excludes: ['mask'] },
    { name: 'nfmask', type: 'uint32', excludes: ['mask'] },
    { name: 'mask', type: 'uint32', excludes: ['ctmask', 'nfmask'] },
  ],
  help: () => `CONNMARK target options:
  --set-xmark value[/ctmask]    Zero mask bits and XOR ctmark with value
  --save-mark [--ctmask mask] [--nfmask mask]
                                Copy ctmark to nfmark using masks
  --restore-mark [--ctmask mask] [--nfmask mask]
                                Copy nfmark to ctmark using masks
  --set-mark value[/mask]       Set conntrack mark value
  --save-mark [--mask mask]     Save the packet nfmark in the connection
  --restore-mark [--mask mask]  Restore saved nfmark value
  --and-mark value              Binary AND the ctmark with bits
  --or-mark value               Binary OR  the ctmark with bits
  --xor-mark value              Binary XOR the ctmark with bits
  --left-shift-mark value       Left shift the ctmark with bits
  --right-shift-mark value      Right shift the ctmark with bits
`,
  init: () => ({ mode: 'set', ctmark: 0, ctmask: ALL, nfmask: ALL, shift: 'left', bits: 0 }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    const n = Number(o.value);
    switch (o.name) {
      case 'set-xmark': {
        const v = o.value as MarkMask;
        d.mode = 'set';
        d.ctmark = v.mark;
        d.ctmask = v.mask;
        break;
      }
      case 'set-mark': {
        const v = o.value as MarkMask;
        d.mode = 'set';
        d.ctmark = v.mark;
        d.ctmask = (v.mark | v.mask) >>> 0;
        break;
      }
      case 'and-mark':
        d.mode = 'set';
        d.ctmark = 0;
        d.ctmask = ~n >>> 0;
        break;
      case 'or-mark':
        d.mode = 'set';
        d.ctmark = n;
        d.ctmask = n;
        break;
      case 'xor-mark':
        d.mode = 'set';
        d.ctmark = n;
        d.ctmask = 0;
        break;
      case 'save-mark':
        d.mode = 'save';
        break;
      case 'restore-mark':
        d.mode = 'restore';
        break;
      case 'ctmask':
        d.ctmask = n;
        break;
      case 'nfmask':
        d.nfmask = n;
        break;
      case 'mask':
        d.nfmask = n;
        d.ctmask = n;
        break;
      case 'left-shift-mark':
        d.shift = 'left';
        d.bits = n;
        break;
      case 'right-shift-mark':
        d.shift = 'right';
        d.bits = n;
        break;
    }
  },
  finish(d, c) {
    if (!OPERATIONS.some((o) => c.seen.has(o))) throw paramProblem('CONNMARK target: No operation specified');
    return { ...fields<Info>(d) };
  },
  save(i) {
    const masks = ` --nfmask ${hex(i.nfmask)} --ctmask ${hex(i.ctmask)}`;
    const operation = i.mode === 'set' ? ` --set-xmark ${hex(i.ctmark)}/${hex(i.ctmask)}` : ` --${i.mode}-mark${masks}`;
    return operation + (i.bits ? ` --${i.shift}-shift-mark ${i.bits}` : '');
  },
  print: (i) => words(i) + (i.bits ? ` ${i.shift}-shift-mark ${i.bits}` : ''),
  translate(i) {
    const value = assigned(i);
    if (value === null) return null;
    const what = i.mode === 'restore' ? 'meta mark set' : 'ct mark set';
    return i.bits ? `${what} ( ${value} ) ${i.shift === 'left' ? '<<' : '>>'} ${i.bits}` : `${what} ${value}`;
  },
  check: (i) => (i.bits > 31 ? 'EINVAL' : null),
  target(i, skb) {
    const ct = skb.ct ?? skb.template;
    if (!ct) return 'continue';
    if (i.mode === 'restore') {
      skb.mark = ((skb.mark & ~i.nfmask) ^ shifted((ct.mark & i.ctmask) >>> 0, i)) >>> 0;
      return 'continue';
    }
    const mark = i.mode === 'set' ? shifted(((ct.mark & ~i.ctmask) ^ i.ctmark) >>> 0, i) : ((ct.mark & ~i.ctmask) ^ shifted((skb.mark & i.nfmask) >>> 0, i)) >>> 0;
    if (mark !== ct.mark) {
      ct.mark = mark;
      ct.pendingEvents |= EVENT_MARK;
    }
    return 'continue';
  },
});
