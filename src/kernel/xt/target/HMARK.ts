import { maskLength, maskText, prefixMask } from '../address.ts';
import { defineExtension } from '../definition.ts';
import { hex, hexPad } from '../number.ts';
import { paramProblem } from '../text.ts';
import { fields } from './_common.ts';
import { hmarkOf } from './_hmark.ts';
import type { HmarkInfo } from './_hmark.ts';

/** Words of --hmark-tuple in the order hmark_parse tries them; a beginning of a word is enough. */
const TYPES: readonly (readonly [string, string, (d: Draft, bytes: number) => void])[] = [
  [
    'ct',
    'ct',
    (d) => {
      d.ct = true;
    },
  ],
  [
    'src',
    'hmark-src-prefix',
    (d, n) => {
      d.src = prefixMask(n * 8, n);
    },
  ],
  [
    'dst',
    'hmark-dst-prefix',
    (d, n) => {
      d.dst = prefixMask(n * 8, n);
    },
  ],
  [
    'sport',
    'hmark-sport-mask',
    (d) => {
      d.sportMask = 0xffff;
    },
  ],
  [
    'dport',
    'hmark-dport-mask',
    (d) => {
      d.dportMask = 0xffff;
    },
  ],
  [
    'proto',
    'hmark-proto-mask',
    (d) => {
      d.protoMask = 0xffff;
    },
  ],
  [
    'spi',
    'hmark-spi-mask',
    (d) => {
      d.spiMask = 0xffffffff;
    },
  ],
];
type Draft = { -readonly [K in keyof HmarkInfo]: HmarkInfo[K] };

/** `seen` hears the options that the tuple's words count as. */
function parseTuple(text: string, d: Draft, bytes: number, seen: Set<string>): void {
  let rest = text;
  for (;;) {
    if (rest === '') throw paramProblem('"--hmark-tuple" requires a list of types with no spaces, e.g. src,dst,sport,dport,proto');
    const comma = rest.indexOf(',');
    const word = comma < 0 ? rest : rest.slice(0, comma);
    const row = word === '' ? undefined : TYPES.find(([name]) => name.startsWith(word.toLowerCase()));
    if (!row) throw paramProblem(`Bad type "${rest}"`);
    seen.add(row[1]);
    row[2](d, bytes);
    if (comma < 0) return;
    rest = rest.slice(comma + 1);
  }
}

const v4 = (mask: Uint8Array): number => maskLength(mask) >>> 0;
const prefixWord = (mask: Uint8Array): string => (mask.length === 4 ? ` ${v4(mask)}` : ` ${maskText(mask).slice(1)}`);

const ROWS = [
  'hmark-src-prefix',
  'hmark-dst-prefix',
  'hmark-sport-mask',
  'hmark-dport-mask',
  'hmark-spi-mask',
  'hmark-sport',
  'hmark-dport',
  'hmark-spi',
  'hmark-proto-mask',
] as const;

/** extensions/libxt_HMARK.c, net/netfilter/xt_HMARK.c. Masks that were not given are null. */
export const target = defineExtension<HmarkInfo>({
  kind: 'target',
  name: 'HMARK',
  families: ['ip', 'ip6'],
  revision: 0,
  options: [
    { name: 'hmark-tuple', type: 'string' },
    { name: 'hmark-src-prefix', type: 'plenmask' },
    { name: 'hmark-dst-prefix', type: 'plenmask' },
    { name: 'hmark-sport-mask', type: 'uint16' },
    { name: 'hmark-dport-mask', type: 'uint16' },
    { name: 'hmark-spi-mask', type: 'uint32' },
    { name: 'hmark-sport', type: 'uint16' },
    { name: 'hmark-dport', type: 'uint16' },
    { name: 'hmark-spi', type: 'uint32' },
    { name: 'hmark-proto-mask', type: 'uint16' },
    { name: 'hmark-rnd', type: 'uint32' },
    { name: 'hmark-mod', type: 'uint32', min: 1 },
    { name: 'hmark-offset', type: 'uint32' },
  ],
  help: () => `HMARK target options, i.e. modify hash calculation by:
  --hmark-tuple [src|dst|sport|dport|spi|proto|ct][,...]
  --hmark-mod value		    nfmark modulus value
  --hmark-offset value		    Last action add value to nfmark

  --hmark-rnd			    Random see for hashing
 Alternatively, fine tuning of what will be included in hash calculation
  --hmark-src-prefix length	    Source address mask CIDR prefix
  --hmark-dst-prefix length	    Dest address mask CIDR prefix
  --hmark-sport-mask value	    Mask src port with value
  --hmark-dport-mask value	    Mask dst port with value
  --hmark-spi-mask value	    For esp and ah AND spi with value
  --hmark-sport value		    OR src port with value
  --hmark-dport value		    OR dst port with value
  --hmark-spi value		    For esp and ah OR spi with value
  --hmark-proto-mask value	    Mask Protocol with value
`,
  init: () => ({
    src: null,
    dst: null,
    sportMask: null,
    dportMask: null,
    spiMask: null,
    sport: null,
    dport: null,
    spi: null,
    protoMask: null,
    rnd: 0,
    mod: 0,
    offset: 0,
    ct: false,
  }),
  parse(o, draft, c) {
    const d = fields<Draft>(draft);
    const n = Number(o.value);
    switch (o.name) {
      case 'hmark-tuple':
        parseTuple(String(o.value), d, c.family === 'ip6' ? 16 : 4, c.seen);
        break;
      case 'hmark-src-prefix':
        d.src = (o.value as { readonly mask: Uint8Array }).mask;
        break;
      case 'hmark-dst-prefix':
        d.dst = (o.value as { readonly mask: Uint8Array }).mask;
        break;
      case 'hmark-sport-mask':
        d.sportMask = n;
        break;
      case 'hmark-dport-mask':
        d.dportMask = n;
        break;
      case 'hmark-spi-mask':
        d.spiMask = n;
        break;
      case 'hmark-sport':
        d.sport = n;
        break;
      case 'hmark-dport':
        d.dport = n;
        break;
      case 'hmark-spi':
        d.spi = n;
        break;
      case 'hmark-proto-mask':
        d.protoMask = n;
        break;
      case 'hmark-rnd':
        d.rnd = n;
        break;
      case 'hmark-mod':
        d.mod = n;
        break;
      case 'hmark-offset':
        d.offset = n;
        break;
    }
  },
  finish(draft, { seen }) {
    const info = fields<Draft>(draft);
    if (!seen.has('hmark-mod')) throw paramProblem('--hmark-mod is mandatory');
    if (!seen.has('hmark-rnd')) throw paramProblem('--hmark-rnd is mandatory');
    if (seen.has('hmark-spi-mask') && (seen.has('hmark-sport-mask') || seen.has('hmark-dport-mask')))
      throw paramProblem('you cannot use --hmark-spi-mask and --hmark-?port-mask,at the same time');
    if (!info.ct && !ROWS.some((r) => seen.has(r))) throw paramProblem('you have to specify --hmark-tuple at least');
    return info;
  },
  save: (i) =>
    [
      i.src ? ` --hmark-src-prefix ${maskLength(i.src)}` : '',
      i.dst ? ` --hmark-dst-prefix ${maskLength(i.dst)}` : '',
      i.sportMask === null ? '' : ` --hmark-sport-mask ${hexPad(i.sportMask, 4)}`,
      i.dportMask === null ? '' : ` --hmark-dport-mask ${hexPad(i.dportMask, 4)}`,
      i.spiMask === null ? '' : ` --hmark-spi-mask ${hexPad(i.spiMask, 8)}`,
      i.sport === null ? '' : ` --hmark-sport ${hexPad(i.sport, 4)}`,
      i.dport === null ? '' : ` --hmark-dport ${hexPad(i.dport, 4)}`,
      i.spi === null ? '' : ` --hmark-spi ${hexPad(i.spi, 8)}`,
      i.protoMask === null ? '' : ` --hmark-proto-mask ${hexPad(i.protoMask, 2)}`,
      ` --hmark-rnd ${hexPad(i.rnd, 8)} --hmark-mod ${i.mod}`,
      i.offset ? ` --hmark-offset ${i.offset}` : '',
      i.ct ? ' --hmark-tuple ct' : '',
    ].join(''),
  print: (i) =>
    [
      ` HMARK mod ${i.mod} `,
      i.offset ? `+ ${hex(i.offset)} ` : '',
      i.ct ? 'ct, ' : '',
      i.src ? `src-prefix${prefixWord(i.src)} ` : '',
      i.dst ? `dst-prefix${prefixWord(i.dst)} ` : '',
      i.sportMask === null ? '' : `sport-mask ${hex(i.sportMask)} `,
      i.dportMask === null ? '' : `dport-mask ${hex(i.dportMask)} `,
      i.spiMask === null ? '' : `spi-mask ${hex(i.spiMask)} `,
      i.sport === null ? '' : `sport ${hex(i.sport)} `,
      i.dport === null ? '' : `dport ${hex(i.dport)} `,
      i.spi === null ? '' : `spi ${hex(i.spi)} `,
      i.protoMask === null ? '' : `proto-mask ${hex(i.protoMask)} `,
      `rnd ${hex(i.rnd)} `,
    ].join(''),
  check(i) {
    if (i.spiMask !== null && (i.sportMask !== null || i.dportMask !== null)) return 'EINVAL';
    return i.spi !== null && (i.sport !== null || i.dport !== null) ? 'EINVAL' : null;
  },
  target(i, skb) {
    const mark = hmarkOf(i, skb);
    if (mark !== null) skb.mark = mark;
    return 'continue';
  },
});
