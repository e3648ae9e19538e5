import { defineExtension } from '../definition.ts';
import { wholeUint } from '../number.ts';
import { paramProblem } from '../text.ts';
import { fields, misplaced, TCP } from './_common.ts';
import { hasTransport, packetEnd, updateSum } from './_mangle.ts';
import { optionLength } from './_tcp-options.ts';

/** Option kinds in rising order. */
type Info = { readonly kinds: readonly number[] };

const NAMES: readonly (readonly [string, number])[] = [
  ['wscale', 3],
  ['mss', 2],
  ['sack-permitted', 4],
  ['sack', 5],
  ['timestamp', 8],
  ['md5', 19],
];
const NOP = 1;

function parseKinds(text: string): number[] {
  const kinds = new Set<number>();
  for (const word of text.split(',')) {
    const kind = NAMES.find(([name]) => name === word)?.[1] ?? wholeUint(word, 0, 255);
    if (kind === null) throw paramProblem(`Bad TCP option value "${word}"`);
    if (kind < 2) throw paramProblem('Option value may not be 0 or 1');
    if (kinds.has(kind)) throw paramProblem(`Option "${word}" already specified`);
    kinds.add(kind);
  }
  return [...kinds].sort((a, b) => a - b);
}

/** extensions/libxt_TCPOPTSTRIP.c, net/netfilter/xt_TCPOPTSTRIP.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'TCPOPTSTRIP',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 0,
  options: [{ name: 'strip-options', type: 'string', cutAt: ',' }],
  help: () => `TCPOPTSTRIP target options:
  --strip-options value     strip specified TCP options denoted by value
                            (separated by comma) from TCP header
  Instead of the numeric value, you can also use the following names:
    wscale            strip "Window scale" option
    mss               strip "Maximum Segment Size" option
    sack-permitted    strip "SACK permitted" option
    sack              strip "Selective ACK" option
    timestamp         strip "Timestamp" option
    md5               strip "MD5 signature" option
`,
  init: () => ({ kinds: [] }),
  parse(o, d) {
    fields<Info>(d).kinds = parseKinds(String(o.value));
  },
  finish: (d) => ({ kinds: fields<Info>(d).kinds }),
  save: (i) => (i.kinds.length ? ` --strip-options ${i.kinds.join(',')}` : ''),
  print: (i, c) => (i.kinds.length ? ` TCPOPTSTRIP options ${i.kinds.map((k) => (c.numeric ? undefined : NAMES.find(([, n]) => n === k)?.[0]) ?? k).join(',')}` : ''),
  check: (_, c) => misplaced({ table: 'mangle', proto: TCP }, c),
  target(i, skb) {
    if (skb.fragOffset !== 0) return 'continue';
    if (!hasTransport(skb, 20)) return 'drop';
    const d = skb.data;
    const tcp = skb.transport;
    const end = tcp + (d[tcp + 12] >> 4) * 4;
    if (end > packetEnd(skb)) return 'drop';
    for (let at = tcp + 20, length = 0; at < end - 1; at += length) {
      length = optionLength(d, at);
      if (at + length > end) break;
      if (!i.kinds.includes(d[at])) continue;
      for (let j = at; j < at + length; j++) {
        const shift = (j - tcp) % 2 === 0 ? 8 : 0;
        updateSum(d, tcp + 16, d[j] << shift, NOP << shift);
        d[j] = NOP;
      }
    }
    return 'continue';
  },
});
