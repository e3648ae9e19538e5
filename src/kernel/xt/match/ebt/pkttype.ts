import { defineExtension } from '../../definition.ts';
import { strtoul } from '../../number.ts';
import { paramProblem } from '../../text.ts';

/** struct ebt_pkttype_info */
type Info = { readonly type: number; readonly inverted: boolean };
const NAMES = ['host', 'broadcast', 'multicast', 'otherhost', 'outgoing', 'loopback', 'fastroute'];
const NFT = ['host', 'broadcast', 'multicast', 'other', '4', '5', '6'];

export const match = defineExtension<Info>({
  kind: 'match',
  name: 'pkttype',
  families: ['bridge'],
  revision: 0,
  options: [{ name: 'pkttype-type', type: 'string', invert: true }],
  help: () => `pkttype options:
[!] --pkttype-type    type: class the packet belongs to
Possible values: broadcast, multicast, host, otherhost, or any other byte value (which would be pretty useless).
`,
  init: () => ({ type: 0, inverted: false }),
  parse(o, d) {
    const text = o.raw ?? '';
    // strtol(3) with base 16, whatever the number looks like.
    const read = strtoul(text, 16);
    const n = read.rest === '' ? Number(read.value) : null;
    const i = NAMES.indexOf(text.toLowerCase());
    if (n === null && i < 0) throw paramProblem(`Could not parse class '${text}'`);
    if (n !== null && n > 255) throw paramProblem('Problem with specified pkttype class');
    d['type'] = n ?? i;
    d['inverted'] = o.inverted;
  },
  finish: (d) => ({ ...d }) as unknown as Info,
  save: (i) => `${i.inverted ? ' !' : ''} --pkttype-type ${NAMES[i.type] ?? i.type}`,
  print(i, c) {
    return this.save(i, c);
  },
  translate: (i) => `meta pkttype ${i.inverted ? '!= ' : ''}${NFT[i.type] ?? i.type}`,
  match: (i, skb) => (skb.pktType === i.type) !== i.inverted,
});
