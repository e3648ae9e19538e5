import { defineExtension } from '../definition.ts';
import { dsField } from '../packet.ts';
import { paramProblem } from '../text.ts';
import { fields, isProto, misplaced, TCP } from './_common.ts';
import { hasTransport, replaceWord, setDsField } from './_mangle.ts';

/** null: not touched */
type Info = { readonly ece: number | null; readonly cwr: number | null; readonly ect: number | null };

/** What one option after the other did; `remove` is ECE and CWR set to 0. */
const removes = (i: Info): boolean => i.ece === 0 && i.cwr === 0 && i.ect === null;

/** extensions/libipt_ECN.c, net/ipv4/netfilter/ipt_ECN.c */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'ECN',
  families: ['ip'],
  revision: 0,
  options: [
    { name: 'ecn-tcp-remove', type: 'none', excludes: ['ecn-tcp-cwr', 'ecn-tcp-ece'] },
    { name: 'ecn-tcp-cwr', type: 'uint8', max: 1, excludes: ['ecn-tcp-remove'] },
    { name: 'ecn-tcp-ece', type: 'uint8', max: 1, excludes: ['ecn-tcp-remove'] },
    { name: 'ecn-ip-ect', type: 'uint8', max: 3 },
  ],
  help: () => `ECN target options
  --ecn-tcp-remove		Remove all ECN bits from TCP header
`,
  init: () => ({ ece: null, cwr: null, ect: null }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    switch (o.name) {
      // Assigns the operations anew: an --ecn-ip-ect before it is lost.
      case 'ecn-tcp-remove':
        d.ece = 0;
        d.cwr = 0;
        d.ect = null;
        break;
      case 'ecn-tcp-cwr':
        d.cwr = Number(o.value);
        break;
      case 'ecn-tcp-ece':
        d.ece = Number(o.value);
        break;
      case 'ecn-ip-ect':
        d.ect = Number(o.value);
        break;
    }
  },
  finish(d, c) {
    if (c.seen.size === 0) throw paramProblem('ECN target: An operation is required');
    return { ...fields<Info>(d) };
  },
  save: (i) =>
    removes(i)
      ? ' --ecn-tcp-remove'
      : `${i.ece === null ? '' : ` --ecn-tcp-ece ${i.ece}`}${i.cwr === null ? '' : ` --ecn-tcp-cwr ${i.cwr}`}${i.ect === null ? '' : ` --ecn-ip-ect ${i.ect}`}`,
  print: (i) =>
    ` ECN${removes(i) ? ' TCP remove' : `${i.ece === null ? '' : ` ECE=${i.ece}`}${i.cwr === null ? '' : ` CWR=${i.cwr}`}${i.ect === null ? '' : ` ECT codepoint=${i.ect}`}`}`,
  check: (i, c) => misplaced({ table: 'mangle' }, c) ?? ((i.ece !== null || i.cwr !== null) && !isProto(c, TCP) ? 'EINVAL' : null),
  target(i, skb) {
    if (i.ect !== null && (dsField(skb) & 3) !== i.ect) setDsField(skb, (dsField(skb) & 0xfc) | i.ect);
    if ((i.ece === null && i.cwr === null) || skb.data[skb.network + 9] !== TCP) return 'continue';
    if (!hasTransport(skb, 20)) return 'drop';
    const at = skb.transport + 12;
    const old = (skb.data[at] << 8) | skb.data[at + 1];
    let word = old;
    if (i.ece !== null) word = (word & ~0x40) | (i.ece << 6);
    if (i.cwr !== null) word = (word & ~0x80) | (i.cwr << 7);
    if (word !== old) replaceWord(skb, at, word, skb.transport + 16);
    return 'continue';
  },
});
