import { defineExtension } from '../definition.ts';
import { enableAccounting } from '../environment.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_connbytes_info: `from` above `to` means inverted. */
type ConnbytesInfo = { readonly from: bigint; readonly to: bigint; readonly what: What; readonly direction: Direction };
type What = 'packets' | 'bytes' | 'avgpkt';
type Direction = 'original' | 'reply' | 'both';
const MAX = 0xffffffffffffffffn;

function fromTo(i: ConnbytesInfo, prefix: string): string {
  if (i.from > i.to) return ` ! ${prefix}connbytes ${i.to}${i.from !== 0n && i.from < MAX ? `:${i.from}` : ''}`;
  return ` ${prefix}connbytes ${i.from}${i.to !== 0n && i.to < MAX ? `:${i.to}` : ''}`;
}

export const match = defineExtension<ConnbytesInfo>({
  kind: 'match',
  name: 'connbytes',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'connbytes', type: 'uint64rc', invert: true, mandatory: true },
    { name: 'connbytes-dir', type: 'string', mandatory: true },
    { name: 'connbytes-mode', type: 'string', mandatory: true },
  ],
  help: () => `connbytes match options:
 [!] --connbytes from:[to]
     --connbytes-dir [original, reply, both]
     --connbytes-mode [packets, bytes, avgpkt]
`,
  init: () => ({ from: 0n, to: 0n, what: 'packets', direction: 'original' }),
  parse(o, draft) {
    const info = draftOf<ConnbytesInfo>(draft);
    const word = o.raw ?? '';
    if (o.name === 'connbytes') {
      const range = o.value as readonly bigint[];
      const [from, to] = [range[0], range.length === 2 ? range[1] : MAX];
      info.from = o.inverted ? to : from;
      info.to = o.inverted ? from : to;
    } else if (o.name === 'connbytes-dir') {
      if (word !== 'original' && word !== 'reply' && word !== 'both') return fail(`Unknown --connbytes-dir \`${word}'`);
      info.direction = word;
    } else {
      if (word !== 'packets' && word !== 'bytes' && word !== 'avgpkt') return fail(`Unknown --connbytes-mode \`${word}'`);
      info.what = word;
    }
  },
  finish: (draft) => draftOf<ConnbytesInfo>({ ...draft }),
  save: (i) => `${fromTo(i, '--')} --connbytes-mode ${i.what} --connbytes-dir ${i.direction}`,
  print: (i) => `${fromTo(i, '')} connbytes mode ${i.what} connbytes direction ${i.direction}`,
  translate(i) {
    const inverted = i.from > i.to;
    const [from, to] = inverted ? [i.to, i.from] : [i.from, i.to];
    const head = `ct ${i.direction === 'both' ? '' : `${i.direction} `}${i.what} `;
    if (to === MAX && from !== MAX) return `${head}${inverted ? 'lt' : 'ge'} ${from}`;
    return `${head}${inverted ? '!= ' : ''}${from === to ? from : `${from}-${to}`}`;
  },
  /** xt_connbytes.c: connbytes_mt_check switches accounting on in the namespace. */
  check(_, c) {
    enableAccounting(c.net);
    return null;
  },
  match(i, skb) {
    const acct = skb.ct?.acct;
    if (!acct) return false;
    const sum = (pair: readonly [bigint, bigint]): bigint => (i.direction === 'both' ? pair[0] + pair[1] : pair[i.direction === 'original' ? 0 : 1]);
    const packets = sum(acct.packets);
    const what = i.what === 'packets' ? packets : i.what === 'bytes' ? sum(acct.bytes) : packets === 0n ? 0n : sum(acct.bytes) / packets;
    return i.to >= i.from ? what <= i.to && what >= i.from : what < i.to || what > i.from;
  },
});
